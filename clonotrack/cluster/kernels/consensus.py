"""Build the consensus of reads that share an anchor: each base votes with its quality score."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8, N


@inlined
def _extent(sizes: I64, weights: I64, ending: I64) -> int:
    """Return the largest extent that at least half of the reads reach.

    Args:
        sizes: bases of each row on one side of the anchor, shape (n,).
        weights: reads of each row, shape (n,).
        ending: scratch, longer than every extent.
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
    """Write the position of each group's anchor (`left`) and the end of its consensus; see `consensus`."""
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
    """Write the consensus of each group; `votes` is scratch for the longest; see `consensus`."""
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
