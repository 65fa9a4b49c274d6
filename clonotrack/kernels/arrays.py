"""Operations on arrays of bases and rows: copy rows, sort, reverse-complement, count mismatches.

A ragged array is a set of rows of unequal length: row i is ``values[offsets[i]:offsets[i + 1]]``.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import constant, leaf
from clonotrack.sequences import COMPLEMENT, I64, U8, Bool, N, offsets_of

_DIGIT_BITS = 11  # bits of a key that one pass of the radix sort orders


START = constant(0)
"""The first base of a sequence."""


def readonly(array: U8) -> U8:
    """Return a view that cannot be written, so that numba compiles one variant of a kernel for all arrays."""
    view = array.view()
    view.flags.writeable = False
    return view


@leaf
def wide(number: int) -> int:
    """Return an integer of any width as an `int64`: numba compiles a variant of a kernel for each width."""
    return np.int64(number)  # type: ignore[return-value]  # behaves as an int


def select_rows(values: U8, offsets: I64, keep: Bool) -> tuple[U8, I64]:
    """Copy the rows of a ragged array where `keep` is set, in order.

    Args:
        values: of the ragged array.
        offsets: shape (n + 1,).
        keep: shape (n,).

    Returns:
        Values and offsets of the new ragged array.
    """
    rows = np.flatnonzero(keep)
    kept = offsets_of(np.diff(offsets)[rows])
    selected = np.empty(kept[-1], dtype=np.uint8)
    scatter_rows(values, offsets, rows, kept[:-1], selected)
    return selected, kept


@leaf
def scatter_rows(values: U8, offsets: I64, rows: I64, positions: I64, output: U8) -> None:
    """Copy chosen rows of a ragged array to given positions of another array.

    Args:
        values: of the ragged array.
        offsets: shape (n + 1,).
        rows: numbers of the rows to copy.
        positions: first element of each copy in `output`.
        output: written.
    """
    for i in range(len(rows)):
        source = values[offsets[rows[i]] : offsets[rows[i] + 1]]
        for j in range(len(source)):
            output[positions[i] + j] = source[j]


def grow_rows(rows: I64, least: int) -> I64:
    """Copy a table to one with room for `least` rows, and for at least twice as many rows as before.

    Args:
        rows: shape (n, columns).
        least: rows that are needed.

    Returns:
        The larger table; rows from n on are 0.
    """
    larger = np.zeros((max(least, 2 * len(rows)), rows.shape[1]), np.int64)
    larger[: len(rows)] = rows
    return larger


def stable_order(keys: I64) -> I64:
    """Compute the indices that sort keys; equal keys keep their order.

    A radix sort: faster to run and to compile than numba's own.

    Args:
        keys: 0 or more, shape (n,).

    Returns:
        Shape (n,).
    """
    order, scratch = np.arange(len(keys)), np.empty(len(keys), dtype=np.int64)
    starts = np.empty((1 << _DIGIT_BITS) + 1, dtype=np.int64)
    digits = -(-int(keys.max(initial=0)).bit_length() // _DIGIT_BITS)
    for digit in range(digits):
        _sort_by_digit(keys, digit * _DIGIT_BITS, order, starts, scratch)
        order, scratch = scratch, order
    return order


@leaf
def _sort_by_digit(keys: I64, shift: int, order: I64, starts: I64, sorted_order: I64) -> None:
    """Sort `order` by the `_DIGIT_BITS` bits of the keys from `shift` on, into `sorted_order`.

    Args:
        keys: shape (n,).
        shift: lowest bit of the digit.
        order: indices of keys, shape (n,).
        starts: scratch, shape (2 ** _DIGIT_BITS + 1,).
        sorted_order: written, shape (n,).
    """
    for digit in range((1 << _DIGIT_BITS) + 1):
        starts[digit] = 0
    for i in range(len(keys)):
        starts[((keys[i] >> shift) & ((1 << _DIGIT_BITS) - 1)) + 1] += 1
    for digit in range(1 << _DIGIT_BITS):
        starts[digit + 1] += starts[digit]
    for k in range(len(order)):
        i = order[k]
        digit = (keys[i] >> shift) & ((1 << _DIGIT_BITS) - 1)
        sorted_order[starts[digit]] = i
        starts[digit] += 1


def reverse_complement_rows(codes: U8, scores: U8, offsets: I64, reverse: Bool) -> tuple[U8, U8]:
    """Reverse-complement the reads where `reverse` is set and reverse their scores; copy the other reads.

    Args:
        codes: bases of all reads.
        scores: their Phred scores.
        offsets: of the reads, here and in the result.
        reverse: shape (n,).

    Returns:
        Codes and scores.
    """
    bases, qualities = np.empty_like(codes), np.empty_like(scores)
    _reverse_complement_rows(codes, scores, offsets, reverse, bases, qualities)
    return bases, qualities


@leaf
def _reverse_complement_rows(codes: U8, scores: U8, offsets: I64, reverse: Bool, bases: U8, qualities: U8) -> None:
    """Write bases and scores; see `reverse_complement_rows`."""
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        for j in range(end - start):
            source = end - 1 - j if reverse[i] else start + j
            bases[start + j] = COMPLEMENT[codes[source]] if reverse[i] else codes[source]
            qualities[start + j] = scores[source]


@leaf
def mismatches(left: U8, left_start: int, right: U8, right_start: int, length: int, limit: int) -> int:
    """Count the bases that differ between two stretches; an unknown base (N) differs from every base.

    Args:
        left: codes with the first stretch.
        left_start: its first base, 0-based.
        right: codes with the second stretch.
        right_start: its first base, 0-based.
        length: of both stretches [nt].
        limit: counting stops above this number; -1 or more.

    Returns:
        The number of mismatches, or `limit` + 1 if there are more than `limit`.
    """
    count = 0
    for i in range(length):
        base = left[left_start + i]
        if base != right[right_start + i] or base == N:
            count += 1
            if count > limit:
                break
    return min(count, limit + 1)
