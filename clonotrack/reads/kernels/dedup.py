"""Equal fragments found by hash, compared in full; the best quality of each base among the copies.

A fragment is its bases (of a read, or of a read and its mate, one behind the other), its shape and its UMI. The shape
is one number: bases of the first read times `SHAPES` plus bases of the UMI.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8, U64, Bool

BASES_OF_WORD = 21
SHAPES = 64


class Rows(NamedTuple):
    """The distinct fragments so far, in arrays with room for more.

    Attributes:
        slots: open-addressing hash table of row numbers, -1 where free; its length a power of two at least twice the
            number of rows.
        hashes: of each row.
        words: bases of the rows, as `pack` has them.
        starts: row i is ``words[starts[i]:starts[i + 1]]``.
        offsets: bases before each row.
        shapes: of each row.
        umis: of each row.
        counts: fragments of each row.
    """

    slots: I64
    hashes: U64
    words: U64
    starts: I64
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
def pack(codes: U8, offsets: I64) -> tuple[U64, I64]:
    """Bases in three bits each, 21 to a word, each row from a new word on; words, and their offsets."""
    starts = np.zeros(len(offsets), dtype=np.int64)
    for i in range(len(offsets) - 1):
        starts[i + 1] = starts[i] + (offsets[i + 1] - offsets[i] + BASES_OF_WORD - 1) // BASES_OF_WORD
    words = np.zeros(starts[len(offsets) - 1], dtype=np.uint64)
    for i in range(len(offsets) - 1):
        for j in range(offsets[i + 1] - offsets[i]):
            at = starts[i] + j // BASES_OF_WORD
            words[at] = (words[at] << np.uint64(3)) | np.uint64(codes[offsets[i] + j])
    return words, starts


@njit
def unpack(words: U64, starts: I64, offsets: I64) -> U8:
    """Bases of rows that `pack` packed, the offsets of their bases being known."""
    codes = np.empty(offsets[len(offsets) - 1] - offsets[0], dtype=np.uint8)
    for i in range(len(offsets) - 1):
        first, length = offsets[i] - offsets[0], offsets[i + 1] - offsets[i]
        for w in range(starts[i + 1] - starts[i]):
            word = words[starts[i] + w]
            for j in range(min(length, (w + 1) * BASES_OF_WORD) - 1, w * BASES_OF_WORD - 1, -1):
                codes[first + j] = word & np.uint64(7)
                word >>= np.uint64(3)
    return codes


@njit
def fragment_hash(words: U64, length: int, shape: int, umi: np.uint64) -> np.uint64:
    """64-bit hash of a fragment of so many bases."""
    state = scramble(np.uint64(length + 1))
    for word in words:
        state = scramble(state ^ word)
    return scramble(scramble(state ^ np.uint64(shape)) ^ umi)


@njit
def equal(left: U8 | U64, right: U8 | U64) -> bool:
    """Whether two rows have the same words, or bases."""
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
    words, starts = pack(codes, offsets)
    for i in range(len(groups)):
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
        groups[i] = row
    return rows


@njit
def raise_quality(batch_scores: U8, batch_offsets: I64, groups: I64, first: int, scores: U8, offsets: I64) -> None:
    """Keep, at every base of some rows, the best score that any copy has there.

    Args:
        batch_scores: of a batch.
        batch_offsets: where each of its fragments stands in them.
        groups: row of each fragment.
        first: of the rows.
        scores: of the rows, raised.
        offsets: where each row stands in them, from any number on.
    """
    last = first + len(offsets) - 1
    for i in range(len(groups)):
        if first <= groups[i] < last:
            row = groups[i] - first
            copy = batch_scores[batch_offsets[i] : batch_offsets[i + 1]]
            best = scores[offsets[row] - offsets[0] : offsets[row + 1] - offsets[0]]
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
