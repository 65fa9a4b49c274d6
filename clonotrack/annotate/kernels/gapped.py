"""Alignment with gaps, in a band: local, affine gap costs (Gotoh 1982, J Mol Biol 162:705)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I32, I64, U8, N

MATCH, INSERTION, DELETION = 0, 1, 2
GAP_OPEN = 8
GAP_EXTEND = 1
_LOW = -1_000_000
# How far an alignment of a segment may leave the diagonal [nt].
BAND = 16


class Table(NamedTuple):
    """Scratch for `align_banded`.

    Attributes:
        trace: moves, shape (at least bases of the allele + 1, at least twice the band + 1).
        above: scores of a row, shape (at least twice the band + 2,).
        above_gap: the same, with a gap open.
    """

    trace: U8
    above: I64
    above_gap: I64


def make_table(longest: int, band: int) -> Table:
    """Scratch for alleles of at most `longest` bases."""
    width = 2 * band + 1
    return Table(
        np.zeros((longest + 1, width), dtype=np.uint8),
        np.zeros(width + 1, dtype=np.int64),
        np.zeros(width + 1, dtype=np.int64),
    )


@leaf
def align_banded(
    read: U8, read_start: int, read_end: int, germline: U8, shift: int, band: int, operations: I32, table: Table
) -> tuple[int, int, int, int]:
    """The best local alignment of a stretch of a read with an allele.

    METHOD: 1 for a match, -1 for a mismatch, 8 + n for a gap of n bases. A gap has to bring 10 matches: where a
    segment ends in random bases, a chance gap is met once in some 10,000 reads.

    Args:
        read: codes of the read.
        read_start: first base that may be aligned.
        read_end: the base behind the last.
        germline: codes of the allele.
        shift: place of the allele's first base on the read, about which the band lies.
        band: how far an alignment may leave that diagonal [nt].
        operations: written, shape (pieces, 2): kind (MATCH, INSERTION, DELETION) and length of each piece.
        table: scratch.

    Returns:
        Score, number of pieces, first aligned base of the read and of the allele (-1 pieces if they do not fit into
        `operations`). Among equals a match is preferred to a gap, a deletion to an insertion.
    """
    rows = len(germline)
    width = 2 * band + 1
    trace, above, above_gap = table.trace, table.above, table.above_gap
    for column in range(width + 1):
        above[column] = 0
        above_gap[column] = _LOW
    best = 0
    best_row = 0
    best_column = 0
    for i in range(1, rows + 1):
        base = germline[i - 1]
        diagonal_first = shift + i - 1 - band
        insertion = _LOW
        left = 0
        for column in range(width):
            j = diagonal_first + column
            if j < read_start or j >= read_end:
                above[column] = 0
                above_gap[column] = _LOW
                trace[i, column] = 0
                insertion = _LOW
                left = 0
                continue
            seen = read[j]
            score = above[column] + (1 if seen == base else (0 if seen == N else -1))
            move = 1
            opened = above[column + 1] - GAP_OPEN - GAP_EXTEND
            longer = above_gap[column + 1] - GAP_EXTEND
            deletion = opened
            if longer > opened:
                deletion = longer
                move |= 4
            opened = left - GAP_OPEN - GAP_EXTEND
            longer = insertion - GAP_EXTEND
            insertion = opened
            if longer > opened:
                insertion = longer
                move |= 8
            if deletion > score:
                score = deletion
                move = (move & 12) | 2
            if insertion > score:
                score = insertion
                move = (move & 12) | 3
            if score <= 0:
                score = 0
                move &= 12
            above[column] = score
            above_gap[column] = deletion
            left = score
            trace[i, column] = move
            if score > best:
                best = score
                best_row = i
                best_column = column
    i = best_row
    column = best_column
    pieces = 0
    state = 0
    while i > 0 and column >= 0 and column < width:
        move = int(trace[i, column])
        if state == 0:
            state = move & 3
            if state == 0:
                break
        kind = MATCH if state == 1 else (DELETION if state == 2 else INSERTION)
        if pieces > 0 and operations[pieces - 1, 0] == kind:
            operations[pieces - 1, 1] += 1
        elif pieces == len(operations):
            return best, -1, 0, 0
        else:
            operations[pieces, 0] = kind
            operations[pieces, 1] = 1
            pieces += 1
        if state == 1:
            i -= 1
            state = 0
        elif state == 2:
            state = 2 if move & 4 else 0
            i -= 1
            column += 1
        else:
            state = 3 if move & 8 else 0
            column -= 1
    for p in range(pieces // 2):
        for q in range(2):
            swapped = operations[p, q]
            operations[p, q] = operations[pieces - 1 - p, q]
            operations[pieces - 1 - p, q] = swapped
    return best, pieces, shift + i - band + column, i
