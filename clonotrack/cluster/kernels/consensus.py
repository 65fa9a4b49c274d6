"""Build the consensus of reads that share an anchor: each base votes with its Phred score.

The anchor is one base that is known in every read. Reads are placed with their anchors in one column, without gaps. A
row is one distinct sequence, and its weight the number of reads that have this sequence.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8, N


@inlined
def _extent(sizes: I64, weights: I64, ending: I64) -> int:
    """Return the largest distance from the anchor that at least half of the reads reach, on one side [nt].

    Args:
        sizes: number of bases of each row on this side of the anchor, shape (n,).
        weights: number of reads of each row, shape (n,).
        ending: scratch, longer than the largest of `sizes`.
    """
    most = 0
    total = 0
    for i in range(len(sizes)):
        most = max(most, sizes[i])
        total += weights[i]
    for size in range(most + 1):
        ending[size] = 0
    for i in range(len(sizes)):
        ending[sizes[i]] += weights[i]
    covered = 0
    extent = most + 1
    while 2 * covered < total:
        extent -= 1
        covered += ending[extent]
    return extent


@inlined
def _vote(codes: U8, offsets: I64, scores: U8, weights: I64, anchors: I64, first: int, votes: I64, left: int) -> None:
    """Add the votes of one group of rows to `votes`.

    Args:
        codes: bases of all rows.
        offsets: row i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        scores: Phred score of each base, shape of `codes`.
        weights: number of reads of each row of the group, shape (rows of the group,).
        anchors: 0-based position of the anchor in each row of the group, shape of `weights`.
        first: number of the group's first row.
        votes: added to; votes for A, C, G, T in each column of the consensus, shape (columns, 4).
        left: column of the anchor.
    """
    for row in range(len(weights)):
        shift = left - anchors[row]
        start = offsets[first + row]
        for k in range(offsets[first + row + 1] - start):
            column = k + shift
            if 0 <= column < votes.shape[0] and codes[start + k] != N:
                votes[column, codes[start + k]] += weights[row] * max(int(scores[start + k]), 1)


def consensus(codes: U8, offsets: I64, scores: U8, weights: I64, anchors: I64, groups: I64) -> tuple[U8, I64, I64]:
    """Build the consensus sequence of each group of rows.

    The consensus covers the columns that at least half of the reads of the group reach. The base of a column has the
    greatest sum of reads times Phred score. Of equal sums the first of A, C, G, T is taken. The base is N if all reads
    have N or no base in this column. The consensus of a single row is the row itself.

    Args:
        codes: bases of all rows.
        offsets: row i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        scores: Phred score of each base, shape of `codes`; 0 counts as 1.
        weights: number of reads of each row, shape (n,).
        anchors: 0-based position of the anchor in each row, shape (n,).
        groups: group g consists of the rows ``groups[g]`` to ``groups[g + 1] - 1``, shape (groups + 1,).

    Returns:
        Codes of the consensus sequences, offsets of the sequences, shape (groups + 1,), and the 0-based position of the
        anchor in each sequence, shape (groups,).
    """
    count = len(groups) - 1
    left = np.zeros(count, dtype=np.int64)
    lengths = np.diff(offsets)
    ending = np.empty(int(lengths.max(initial=0)) + 1, dtype=np.int64)
    ends = np.zeros(count + 1, dtype=np.int64)
    _place_groups(lengths - anchors, weights, anchors, groups, ending, left, ends)
    result = np.full(ends[-1], N, dtype=np.uint8)
    votes = np.empty((int(np.diff(ends).max(initial=0)), 4), dtype=np.int64)
    _write_consensus(codes, offsets, scores, weights, anchors, groups, left, ends, votes, result)
    return result, ends, left


@leaf
def _place_groups(to_right: I64, weights: I64, anchors: I64, groups: I64, ending: I64, left: I64, ends: I64) -> None:
    """Compute where the anchor and the end of each consensus lie; see `consensus`.

    Args:
        to_right: number of bases of each row from the anchor on, shape (n,).
        weights: number of reads of each row, shape (n,).
        anchors: 0-based position of the anchor in each row, shape (n,).
        groups: first row of each group, and the number of rows, shape (groups + 1,).
        ending: scratch, longer than the longest row.
        left: written with the 0-based position of the anchor in each consensus, shape (groups,).
        ends: written with the offsets of the consensus sequences, shape (groups + 1,).
    """
    for g in range(len(groups) - 1):
        first, last = groups[g], groups[g + 1]
        ends[g + 1] = ends[g]
        for side in range(2):
            sizes = to_right if side else anchors
            extent = _extent(sizes[first:last], weights[first:last], ending)
            ends[g + 1] += extent
            if side == 0:
                left[g] = extent


@leaf
def _write_consensus(
    codes: U8,
    offsets: I64,
    scores: U8,
    weights: I64,
    anchors: I64,
    groups: I64,
    left: I64,
    ends: I64,
    votes: I64,
    result: U8,
) -> None:
    """Write the consensus of each group; `votes` is scratch, as long as the longest consensus; see `consensus`."""
    for g in range(len(groups) - 1):
        first, last = groups[g], groups[g + 1]
        columns = ends[g + 1] - ends[g]
        if last - first == 1:
            for column in range(columns):
                result[ends[g] + column] = codes[offsets[first] + column]
            continue
        for column in range(columns):
            for base in range(4):
                votes[column, base] = 0
        _vote(codes, offsets, scores, weights[first:last], anchors[first:last], first, votes[:columns], left[g])
        for column in range(columns):
            best = 0
            for base in range(1, 4):
                if votes[column, base] > votes[column, best]:
                    best = base
            if votes[column, best] > 0:
                result[ends[g] + column] = best
