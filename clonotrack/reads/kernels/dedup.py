"""Find equal fragments by hash and full comparison, and keep the best quality of each base among the copies.

Fragments are equal if their bases, shapes and UMIs are equal. The bases are the bases of the read, followed by the
bases of its mate. The shape is one integer: the length of the read [nt] times `SHAPE_BASE`, plus the length of the UMI
[nt]. Bases are packed, 21 bases in each 64-bit number; such a number is called a word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8, U64, Bool, offsets_of

BASES_PER_WORD = 21
SHAPE_BASE = 64


class FragmentTable(NamedTuple):
    """Table of the distinct fragments so far, one row each. The arrays have room for further rows.

    Attributes:
        slots: open-addressing hash table: number of a row in each slot, -1 in a free slot. The number of slots is a
            power of two, at least twice the number of rows.
        hashes: hash of each row.
        words: bases of all rows, packed by `pack`.
        starts: row i is ``words[starts[i]:starts[i + 1]]``.
        offsets: number of bases in the rows before each row.
        shapes: read length [nt] times `SHAPE_BASE` plus UMI length [nt] of each row.
        umis: UMI of each row, two bits a base.
        counts: number of fragments assigned to each row.
    """

    slots: I64
    hashes: U64
    words: U64
    starts: I64
    offsets: I64
    shapes: I64
    umis: U64
    counts: I64


@inlined
def xorshift(state: np.uint64) -> np.uint64:
    """Mix the bits of a 64-bit number by one xorshift step (Marsaglia 2003, doi:10.18637/jss.v008.i14).

    Different numbers give different results.
    """
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


def pack(codes: U8, offsets: I64) -> tuple[U64, I64]:
    """Pack the bases of each row in 64-bit words: three bits a base, 21 bases a word. Each row starts a new word.

    Args:
        codes: bases of all rows.
        offsets: row i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).

    Returns:
        Words of all rows, and the offsets of the rows in the words, shape (n + 1,).
    """
    starts = offsets_of(-(-np.diff(offsets) // BASES_PER_WORD))
    words = np.zeros(starts[-1], dtype=np.uint64)
    _pack(codes, offsets, starts, words)
    return words, starts


@leaf
def _pack(codes: U8, offsets: I64, starts: I64, words: U64) -> None:
    """Write the words; see `pack`."""
    for i in range(len(offsets) - 1):
        for j in range(offsets[i + 1] - offsets[i]):
            at = starts[i] + j // BASES_PER_WORD
            words[at] = (words[at] << np.uint64(3)) | np.uint64(codes[offsets[i] + j])


def unpack(words: U64, starts: I64, offsets: I64) -> U8:
    """Unpack the bases of rows that `pack` has packed.

    Args:
        words: words of all rows.
        starts: row i is ``words[starts[i]:starts[i + 1]]``, shape (n + 1,).
        offsets: offsets of the bases of the rows, shape (n + 1,); the first offset may be above 0.

    Returns:
        Bases of all rows; row i is ``codes[offsets[i] - offsets[0]:offsets[i + 1] - offsets[0]]``.
    """
    codes = np.empty(offsets[-1] - offsets[0], dtype=np.uint8)
    _unpack(words, starts, offsets, codes)
    return codes


@leaf
def _unpack(words: U64, starts: I64, offsets: I64, codes: U8) -> None:
    """Write the bases; see `unpack`."""
    for i in range(len(offsets) - 1):
        first, length = offsets[i] - offsets[0], offsets[i + 1] - offsets[i]
        for w in range(starts[i + 1] - starts[i]):
            word = words[starts[i] + w]
            for j in range(min(length, (w + 1) * BASES_PER_WORD) - 1, w * BASES_PER_WORD - 1, -1):
                codes[first + j] = word & np.uint64(7)
                word >>= np.uint64(3)


@inlined
def fragment_hash(words: U64, length: int, shape: int, umi: np.uint64) -> np.uint64:
    """Compute the 64-bit hash of a fragment from its packed bases, number of bases, shape and UMI."""
    state = xorshift(np.uint64(length + 1))
    for word in words:
        state = xorshift(state ^ word)
    return xorshift(xorshift(state ^ np.uint64(shape)) ^ umi)


@inlined
def equal(left: U8 | U64, right: U8 | U64) -> bool:
    """Report whether two arrays, words or bases, have equal length and equal elements."""
    if len(left) != len(right):
        return False
    for i in range(len(left)):
        if left[i] != right[i]:
            return False
    return True


@leaf
def fill_hash_table(slots: I64, hashes: U64, rows: int) -> None:
    """Write the numbers of the first `rows` rows into an empty hash table.

    Args:
        slots: all -1; its length is a power of two and larger than `rows`; written.
        hashes: hash of each row.
        rows: number of rows to insert.
    """
    mask = len(slots) - 1
    for row in range(rows):
        slot = np.int64(hashes[row] & np.uint64(mask))
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = row


def assign(
    codes: U8, offsets: I64, shapes: I64, umis: U64, table: FragmentTable, rows: int, assigned: I64, new: Bool
) -> int:
    """Assign every fragment of a batch to the row of its equal fragments, and add one to the count of this row.

    A fragment that equals no row becomes a new row.

    Args:
        codes: bases of all fragments of the batch.
        offsets: fragment i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        shapes: read length [nt] times `SHAPE_BASE` plus UMI length [nt] of each fragment, array of shape (n,).
        umis: UMI of each fragment, two bits a base, shape (n,).
        table: updated; needs room for n further rows.
        rows: number of rows of the table before the call.
        assigned: written with the row of each fragment, shape (n,).
        new: written with whether each fragment became a new row, shape (n,).

    Returns:
        Number of rows of the table after the call.
    """
    words, starts = pack(codes, offsets)
    return _assign(words, starts, offsets, shapes, umis, table, rows, assigned, new)


@leaf
def _assign(
    words: U64,
    starts: I64,
    offsets: I64,
    shapes: I64,
    umis: U64,
    table: FragmentTable,
    rows: int,
    assigned: I64,
    new: Bool,
) -> int:
    """Assign packed fragments; see `assign`."""
    mask = len(table.slots) - 1
    for i in range(len(assigned)):
        fragment, length = words[starts[i] : starts[i + 1]], offsets[i + 1] - offsets[i]
        key = fragment_hash(fragment, length, shapes[i], umis[i])
        slot = np.int64(key & np.uint64(mask))
        row = table.slots[slot]
        while row >= 0:
            if table.hashes[row] == key and table.shapes[row] == shapes[i] and table.umis[row] == umis[i]:
                if table.offsets[row + 1] - table.offsets[row] == length:
                    if equal(table.words[table.starts[row] : table.starts[row + 1]], fragment):
                        break
            slot = (slot + 1) & mask
            row = table.slots[slot]
        new[i] = row < 0
        if row < 0:
            row = rows
            table.slots[slot] = row
            table.hashes[row] = key
            table.shapes[row] = shapes[i]
            table.umis[row] = umis[i]
            table.counts[row] = 0
            table.offsets[row + 1] = table.offsets[row] + length
            table.starts[row + 1] = table.starts[row] + len(fragment)
            target = table.words[table.starts[row] : table.starts[row + 1]]
            for j in range(len(fragment)):
                target[j] = fragment[j]
            rows += 1
        table.counts[row] += 1
        assigned[i] = row
    return rows


@leaf
def raise_quality(batch_scores: U8, batch_offsets: I64, assigned: I64, first: int, scores: U8, offsets: I64) -> None:
    """Raise the score of each base of a range of rows to the highest score among the copies in a batch.

    Args:
        batch_scores: Phred scores of all fragments of the batch.
        batch_offsets: the scores of fragment i are ``batch_scores[batch_offsets[i]:batch_offsets[i + 1]]``.
        assigned: row of each fragment of the batch. Fragments of rows outside the range are ignored.
        first: number of the first row of the range.
        scores: Phred scores of the rows of the range, updated.
        offsets: the scores of row ``first + i`` are ``scores[offsets[i] - offsets[0]:offsets[i + 1] - offsets[0]]``.
    """
    last = first + len(offsets) - 1
    for i in range(len(assigned)):
        if first <= assigned[i] < last:
            row = assigned[i] - first
            copy = batch_scores[batch_offsets[i] : batch_offsets[i + 1]]
            best = scores[offsets[row] - offsets[0] : offsets[row + 1] - offsets[0]]
            for j in range(len(copy)):
                best[j] = max(best[j], copy[j])


def concatenate_rows(one: U8, offsets_1: I64, two: U8, offsets_2: I64) -> tuple[U8, I64]:
    """Append row i of a second ragged array to row i of a first ragged array, for every i.

    Args:
        one: values of the first array.
        offsets_1: row i of the first array is ``one[offsets_1[i]:offsets_1[i + 1]]``, shape (n + 1,).
        two: values of the second array.
        offsets_2: row i of the second array is ``two[offsets_2[i]:offsets_2[i + 1]]``, shape (n + 1,).

    Returns:
        Values and offsets, shape (n + 1,), of the joined rows.
    """
    offsets = offsets_1 + offsets_2
    values = np.empty(offsets[-1], dtype=np.uint8)
    _concatenate_rows(one, offsets_1, two, offsets_2, offsets, values)
    return values, offsets


@leaf
def _concatenate_rows(one: U8, offsets_1: I64, two: U8, offsets_2: I64, offsets: I64, values: U8) -> None:
    """Write the rows; see `concatenate_rows`."""
    for i in range(len(offsets) - 1):
        position = offsets[i]
        for j in range(offsets_1[i], offsets_1[i + 1]):
            values[position] = one[j]
            position += 1
        for j in range(offsets_2[i], offsets_2[i + 1]):
            values[position] = two[j]
            position += 1
