"""Align a read with an allele with gaps, in a band (local, affine gap costs; Gotoh 1982, J Mol Biol 162:705).

Operations of an alignment are an array of shape (operations, 2): kind (MATCH, INSERTION, DELETION) and length [nt],
from 5' to 3'. MATCH covers matches and mismatches; an INSERTION has bases of the read only, a DELETION of the allele
only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I32, I64, U8, N

MATCH, INSERTION, DELETION = 0, 1, 2
GAP_OPEN = 8
GAP_EXTEND = 1
_LOW = -1_000_000
# Half width of the band: largest distance of an alignment from its diagonal [nt].
BAND = 16


class Table(NamedTuple):
    """Hold the scratch arrays of `align_banded`.

    Attributes:
        trace: the move into each cell, shape (at least bases of the allele + 1, at least 2 * band + 1).
        above: scores of the previous row, shape (at least 2 * band + 2,).
        above_gap: scores of the previous row for alignments that end in a deletion, same shape.
    """

    trace: U8
    above: I64
    above_gap: I64


def make_table(longest: int, band: int) -> Table:
    """Allocate scratch arrays for alleles of at most `longest` bases and this half width of the band [nt]."""
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
    """Find the best local alignment of a stretch of a read with an allele.

    METHOD: score = matches - mismatches - sum over gaps of (8 + n), where n is the length of the gap [nt] (Gotoh 1982,
    J Mol Biol 162:705). An N of the read scores 0. A gap thus costs 9 matches or more. With this cost, a segment that
    ends in random bases gets a chance gap in about 1 of 10,000 reads.

    Args:
        read: codes of the read.
        read_start: first base that may be aligned.
        read_end: base after the last that may be aligned.
        germline: codes of the allele.
        shift: base of the read on which the allele's first base lies, on the central diagonal of the band.
        band: half width of the band [nt].
        operations: output, shape (largest number of operations, 2).
        table: scratch.

    Returns:
        Score, number of operations, first aligned base of the read, first aligned base of the allele. The number of
        operations is -1 if they do not fit. Of moves with equal scores, a match is preferred to a deletion, and a
        deletion to an insertion.
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
            read_base = read[j]
            score = above[column] + (1 if read_base == base else (0 if read_base == N else -1))
            move = 1
            opened = above[column + 1] - GAP_OPEN - GAP_EXTEND
            extended = above_gap[column + 1] - GAP_EXTEND
            deletion = opened
            if extended > opened:
                deletion = extended
                move |= 4
            opened = left - GAP_OPEN - GAP_EXTEND
            extended = insertion - GAP_EXTEND
            insertion = opened
            if extended > opened:
                insertion = extended
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
    count = 0
    state = 0
    while i > 0 and column >= 0 and column < width:
        move = int(trace[i, column])
        if state == 0:
            state = move & 3
            if state == 0:
                break
        kind = MATCH if state == 1 else (DELETION if state == 2 else INSERTION)
        if count > 0 and operations[count - 1, 0] == kind:
            operations[count - 1, 1] += 1
        elif count == len(operations):
            return best, -1, 0, 0
        else:
            operations[count, 0] = kind
            operations[count, 1] = 1
            count += 1
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
    for p in range(count // 2):
        for q in range(2):
            swapped = operations[p, q]
            operations[p, q] = operations[count - 1 - p, q]
            operations[count - 1 - p, q] = swapped
    return best, count, shift + i - band + column, i
