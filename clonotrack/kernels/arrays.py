"""Operations on arrays of bases and rows: copy rows, sort, reverse-complement, count mismatches.

A ragged array is a set of rows of unequal length: row i is ``values[offsets[i]:offsets[i + 1]]``.

A function that returns arrays allocates them in Python. The compiled function of the same name with a leading
underscore fills these arrays. A compiled function that allocates arrays itself would take longer to compile.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import constant, leaf
from clonotrack.sequences import COMPLEMENT, I64, U8, Bool, N, offsets_of

_DIGIT_BITS = 11  # bits of a digit: each pass of the radix sort orders the keys by one digit


START = constant(0)
"""Position of the first base of a sequence."""


def readonly(array: U8) -> U8:
    """Return a read-only view of an array.

    Numba compiles one variant of a kernel for writable arrays and another one for read-only arrays. A kernel that is
    always called with this view needs only one variant.
    """
    view = array.view()
    view.flags.writeable = False
    return view


@leaf
def wide(number: int) -> int:
    """Convert an integer of any width to an `int64`.

    Numba compiles one variant of a kernel for each width of its integer arguments. Conversion leaves one variant.
    """
    return np.int64(number)  # type: ignore[return-value]  # behaves as an int


def select_rows(values: U8, offsets: I64, keep: Bool) -> tuple[U8, I64]:
    """Copy the rows of a ragged array for which `keep` is True, in the order of the array.

    Args:
        values: values of all rows.
        offsets: row i is ``values[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        keep: whether each row is copied, shape (n,).

    Returns:
        Values and offsets of the ragged array of the copied rows.
    """
    rows = np.flatnonzero(keep)
    kept = offsets_of(np.diff(offsets)[rows])
    selected = np.empty(kept[-1], dtype=np.uint8)
    scatter_rows(values, offsets, rows, kept[:-1], selected)
    return selected, kept


@leaf
def scatter_rows(values: U8, offsets: I64, rows: I64, positions: I64, output: U8) -> None:
    """Copy some rows of a ragged array to given positions of another array.

    Args:
        values: values of all rows.
        offsets: row i is ``values[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        rows: indices of the rows to copy, shape (m,).
        positions: index in `output` of the first element of each copy, shape (m,).
        output: written; elements between the copies keep their values.
    """
    for i in range(len(rows)):
        source = values[offsets[rows[i]] : offsets[rows[i] + 1]]
        for j in range(len(source)):
            output[positions[i] + j] = source[j]


def grow_rows(rows: I64, least: int) -> I64:
    """Copy a table to a larger table, so that a kernel can write more rows.

    Args:
        rows: table, shape (n, columns).
        least: least number of rows of the larger table.

    Returns:
        Shape (max(least, 2 n), columns): the rows of the table, then rows of 0.
    """
    larger = np.zeros((max(least, 2 * len(rows)), rows.shape[1]), np.int64)
    larger[: len(rows)] = rows
    return larger


def stable_order(keys: I64) -> I64:
    """Compute the indices that sort keys by rising value; equal keys keep their order.

    A radix sort runs and compiles faster than the sort of numba.

    Args:
        keys: integers of 0 or more, shape (n,).

    Returns:
        Index in `keys` of the smallest key, of the next one, and so on, shape (n,).
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
    """Sort indices by one digit of their keys; equal digits keep their order. See `stable_order`.

    Args:
        keys: shape (n,).
        shift: number of the lowest bit of the digit; a digit has `_DIGIT_BITS` bits.
        order: indices in `keys`, shape (n,).
        starts: scratch, shape (2 ** _DIGIT_BITS + 1,).
        sorted_order: written with the sorted indices, shape (n,).
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
    """Reverse-complement the reads for which `reverse` is True and reverse their scores; copy the other reads.

    Args:
        codes: bases of all reads.
        scores: Phred score of each base, shape of `codes`.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        reverse: whether each read is reverse-complemented, shape (n,).

    Returns:
        Codes and scores, both with the shape of `codes`. The offsets stay as they are.
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
    """Count the bases that differ between two stretches of equal length.

    An unknown base (N) differs from every base, N included.

    Args:
        left: codes that contain the first stretch.
        left_start: index in `left` of the first base of the first stretch.
        right: codes that contain the second stretch.
        right_start: index in `right` of the first base of the second stretch.
        length: length of both stretches [nt].
        limit: number of mismatches above which counting stops; -1 or more.

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
