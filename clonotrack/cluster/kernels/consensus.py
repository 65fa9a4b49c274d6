"""Build the consensus of reads that share an anchor: each base votes with its quality score."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8, N


@njit
def _extent(sizes: I64, weights: I64) -> int:
    """Return the largest extent that at least half of the reads reach.

    Args:
        sizes: bases of each row on one side of the anchor, shape (n,).
        weights: reads of each row, shape (n,).
    """
    ending = np.zeros(np.max(sizes) + 1, dtype=np.int64)
    for i in range(len(sizes)):
        ending[sizes[i]] += weights[i]
    covered = 0
    extent = len(ending)
    while 2 * covered < np.sum(weights):
        extent -= 1
        covered += ending[extent]
    return extent


@njit
def _vote(codes: U8, offsets: I64, scores: U8, weights: I64, anchors: I64, first: int, votes: I64, left: int) -> None:
    """Add the votes of one group of rows to `votes`.

    Args:
        codes: bases of all rows.
        offsets: shape (n + 1,).
        scores: Phred scores, shape of `codes`.
        weights: reads of each row of the group.
        anchors: position of the anchor in each row of the group.
        first: index of the group's first row in `offsets`.
        votes: written; shape (columns, 4).
        left: column of the anchor.
    """
    for row in range(len(weights)):
        shift = left - anchors[row]
        start = offsets[first + row]
        for k in range(offsets[first + row + 1] - start):
            column = k + shift
            if 0 <= column < votes.shape[0] and codes[start + k] != N:
                votes[column, codes[start + k]] += weights[row] * max(int(scores[start + k]), 1)


@njit
def consensus(codes: U8, offsets: I64, scores: U8, weights: I64, anchors: I64, groups: I64) -> tuple[U8, I64, I64]:
    """Build the consensus of each group of rows, placed on each other at their anchors, without gaps.

    The consensus has a column while at least half of the reads reach it. Its base has the greatest sum of reads times
    Phred score. Of equal sums the first of A, C, G, T is taken. The base is N if no read knows it.

    Args:
        codes: bases of all rows.
        offsets: shape (n + 1,).
        scores: Phred score of each base, shape of `codes`; 0 counts as 1.
        weights: reads of each row, shape (n,).
        anchors: 0-based position of the anchor in each row, shape (n,).
        groups: rows ``groups[g]:groups[g + 1]`` are group g, shape (number of groups + 1,).

    Returns:
        Codes and offsets of the consensus sequences, and the position of the anchor in each.
    """
    count = len(groups) - 1
    lengths = np.diff(offsets)
    left = np.zeros(count, dtype=np.int64)
    ends = np.zeros(count + 1, dtype=np.int64)
    for g in range(count):
        rows = slice(groups[g], groups[g + 1])
        left[g] = _extent(anchors[rows], weights[rows])
        ends[g + 1] = ends[g] + left[g] + _extent(lengths[rows] - anchors[rows], weights[rows])
    result = np.full(ends[count], N, dtype=np.uint8)
    for g in range(count):
        rows = slice(groups[g], groups[g + 1])
        if groups[g + 1] - groups[g] == 1:
            result[ends[g] : ends[g + 1]] = codes[offsets[groups[g]] : offsets[groups[g + 1]]]
            continue
        votes = np.zeros((ends[g + 1] - ends[g], 4), dtype=np.int64)
        _vote(codes, offsets, scores, weights[rows], anchors[rows], groups[g], votes, left[g])
        for column in range(votes.shape[0]):
            best = np.argmax(votes[column])
            if votes[column, best] > 0:
                result[ends[g] + column] = best
    return result, ends, left
