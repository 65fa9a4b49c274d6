"""Some rows of a ragged array, as a new one or put elsewhere.

Arrays of rows that grow as they are filled.

Stable order of whole numbers, fast to run and to compile.

Reads on the other strand.

Hamming distance of two stretches, and of a part to its best place in a longer sequence.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import COMPLEMENT, I64, U8, Bool, N


@njit
def select(values: U8, offsets: I64, keep: Bool) -> tuple[U8, I64]:
    """Rows of a ragged array where `keep` is set, in order: their values and offsets."""
    kept = np.zeros(keep.sum() + 1, dtype=np.int64)
    rows = total = 0
    for i in range(len(keep)):
        if keep[i]:
            total += offsets[i + 1] - offsets[i]
            rows += 1
            kept[rows] = total
    selected = np.empty(total, dtype=np.uint8)
    rows = 0
    for i in range(len(keep)):
        if keep[i]:
            source, target = values[offsets[i] : offsets[i + 1]], selected[kept[rows] : kept[rows + 1]]
            for j in range(len(target)):
                target[j] = source[j]
            rows += 1
    return selected, kept


@njit
def scatter(values: U8, offsets: I64, rows: I64, places: I64, into: U8) -> None:
    """Copy rows of a ragged array to where each belongs.

    Args:
        values: of the ragged array.
        offsets: row i is ``values[offsets[i]:offsets[i + 1]]``.
        rows: that are copied.
        places: where each of them begins in `into`.
        into: written.
    """
    for i in range(len(rows)):
        source = values[offsets[rows[i]] : offsets[rows[i] + 1]]
        for j in range(len(source)):
            into[places[i] + j] = source[j]


@njit
def grown(rows: I64, least: int) -> I64:
    """The same rows with room for `least`, twice as many or more."""
    larger = np.zeros((max(least, 2 * len(rows)), rows.shape[1]), np.int64)
    larger[: len(rows)] = rows
    return larger


_BITS = 11


@njit
def stable_order(keys: I64) -> I64:
    """Indices that sort non-negative keys, equal keys in their given order; radix sort, shape (n,)."""
    order = np.arange(len(keys))
    sorted_order = np.empty(len(keys), dtype=np.int64)
    top = np.max(keys) if len(keys) else 0
    shift = 0
    while top >> shift:
        starts = np.zeros((1 << _BITS) + 1, dtype=np.int64)
        for key in keys:
            starts[((key >> shift) & ((1 << _BITS) - 1)) + 1] += 1
        for digit in range(1 << _BITS):
            starts[digit + 1] += starts[digit]
        for i in order:
            digit = (keys[i] >> shift) & ((1 << _BITS) - 1)
            sorted_order[starts[digit]] = i
            starts[digit] += 1
        order, sorted_order = sorted_order, order
        shift += _BITS
    return order


@njit
def turned(codes: U8, scores: U8, offsets: I64, reverse: Bool) -> tuple[U8, U8]:
    """Reverse complement of the reads where `reverse` is set, their scores in that order; the others as they are.

    Args:
        codes: bases of all reads.
        scores: their Phred scores.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, here and in what is given back.
        reverse: of each read.
    """
    bases, qualities = np.empty_like(codes), np.empty_like(scores)
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        for j in range(end - start):
            source = end - 1 - j if reverse[i] else start + j
            bases[start + j] = COMPLEMENT[codes[source]] if reverse[i] else codes[source]
            qualities[start + j] = scores[source]
    return bases, qualities


@njit
def mismatches(left: U8, left_start: int, right: U8, right_start: int, length: int, limit: int) -> int:
    """Bases that differ between two stretches of codes; an unknown base differs from every base.

    Args:
        left: codes that hold the first stretch, from `left_start` on.
        left_start: 0-based.
        right: codes that hold the second stretch, from `right_start` on.
        right_start: 0-based.
        length: of both stretches, nt.
        limit: where counting may stop; -1 or more.

    Returns:
        The number of mismatches, or `limit` + 1 where there are more than `limit`.
    """
    found = 0
    for i in range(length):
        base = left[left_start + i]
        if base != right[right_start + i] or base == N:
            found += 1
            if found > limit:
                break
    return min(found, limit + 1)


@njit
def least_mismatches(part: U8, whole: U8, limit: int) -> int:
    """Mismatches of `part` at its best place inside `whole`, one strand, no gaps.

    Returns:
        The least number of mismatches, or `limit` + 1 where every place has more, or `part` is the longer one.
    """
    best = limit + 1
    for start in range(len(whole) - len(part) + 1):
        best = min(best, mismatches(whole, start, part, 0, len(part), best - 1))
    return best
