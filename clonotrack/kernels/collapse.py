"""Equal fragments found by hash, compared in full; the best quality of each base among the copies.

A fragment is its bases (of a read, or of a read and its mate, one behind the other), its shape and its UMI. The shape
is one number: bases of the first read times `SHAPES` plus bases of the UMI.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8, U64, Bool

BASES_OF_WORD = 21
SHAPES = 64


class Rows(NamedTuple):
    """The distinct fragments so far, in arrays with room for more.

    Attributes:
        slots: open-addressing hash table of row numbers, -1 where free; its length a power of two at least twice the
            number of rows.
        hashes: of each row.
        codes: bases of the rows.
        offsets: row i is ``codes[offsets[i]:offsets[i + 1]]``.
        shapes: of each row.
        umis: of each row.
        counts: fragments of each row.
    """

    slots: I64
    hashes: U64
    codes: U8
    offsets: I64
    shapes: I64
    umis: U64
    counts: I64


@njit
def scramble(state: np.uint64) -> np.uint64:
    """One xorshift step: a one-to-one map of 64-bit words (Marsaglia 2003, doi:10.18637/jss.v008.i14)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@njit
def fragment_hash(codes: U8, shape: int, umi: np.uint64) -> np.uint64:
    """64-bit hash of a fragment, 21 bases of three bits a word; the length is part of it."""
    state = scramble(np.uint64(len(codes) + 1))
    word = np.uint64(0)
    filled = 0
    for i in range(len(codes)):
        word = (word << np.uint64(3)) | np.uint64(codes[i])
        filled += 1
        if filled == BASES_OF_WORD:
            state = scramble(state ^ word)
            word = np.uint64(0)
            filled = 0
    state = scramble(scramble(state ^ word) ^ np.uint64(shape))
    return scramble(state ^ umi)


@njit
def equal(left: U8, right: U8) -> bool:
    """Whether two sequences are the same, base by base."""
    if len(left) != len(right):
        return False
    for i in range(len(left)):
        if left[i] != right[i]:
            return False
    return True


@njit
def refill(slots: I64, hashes: U64, rows: int) -> None:
    """Enter the first `rows` rows into an empty hash table."""
    mask = len(slots) - 1
    for row in range(rows):
        slot = np.int64(hashes[row] & np.uint64(mask))
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = row


@njit
def assign(codes: U8, offsets: I64, shapes: I64, umis: U64, table: Rows, rows: int, groups: I64, new: Bool) -> int:
    """Find the row of every fragment of a batch and count it there, adding rows for new ones.

    Args:
        codes: bases of the batch.
        offsets: fragment i is ``codes[offsets[i]:offsets[i + 1]]``.
        shapes: of each fragment.
        umis: of each fragment.
        table: has room for the whole batch.
        rows: of the table.
        groups: filled with the row of each fragment of the batch.
        new: filled; whether the fragment made its row.

    Returns:
        Rows of the table afterwards.
    """
    mask = len(table.slots) - 1
    for i in range(len(groups)):
        fragment = codes[offsets[i] : offsets[i + 1]]
        key = fragment_hash(fragment, shapes[i], umis[i])
        slot = np.int64(key & np.uint64(mask))
        row = table.slots[slot]
        while row >= 0:
            if table.hashes[row] == key and table.shapes[row] == shapes[i] and table.umis[row] == umis[i]:
                if equal(table.codes[table.offsets[row] : table.offsets[row + 1]], fragment):
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
            table.offsets[row + 1] = table.offsets[row] + len(fragment)
            target = table.codes[table.offsets[row] : table.offsets[row + 1]]
            for j in range(len(fragment)):
                target[j] = fragment[j]
            rows += 1
        table.counts[row] += 1
        groups[i] = row
    return rows


@njit
def raise_quality(batch_scores: U8, batch_offsets: I64, groups: I64, scores: U8, offsets: I64) -> None:
    """Keep, at every base of every row, the best score that any copy has there."""
    for i in range(len(groups)):
        copy = batch_scores[batch_offsets[i] : batch_offsets[i + 1]]
        best = scores[offsets[groups[i]] : offsets[groups[i] + 1]]
        for j in range(len(copy)):
            best[j] = max(best[j], copy[j])


@njit
def joined(one: U8, offsets_1: I64, two: U8, offsets_2: I64) -> tuple[U8, I64]:
    """Each row of the first ragged array with the same row of the second one behind it."""
    offsets = offsets_1 + offsets_2
    values = np.empty(offsets[len(offsets) - 1], dtype=np.uint8)
    for i in range(len(offsets) - 1):
        place = offsets[i]
        for j in range(offsets_1[i], offsets_1[i + 1]):
            values[place] = one[j]
            place += 1
        for j in range(offsets_2[i], offsets_2[i + 1]):
            values[place] = two[j]
            place += 1
    return values, offsets
