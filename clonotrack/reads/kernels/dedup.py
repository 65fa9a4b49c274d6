"""Find equal fragments by hash and full comparison, and keep the best quality of each base among the copies.

A fragment consists of its bases (those of the read, then those of its mate), its shape and its UMI. The shape is one
integer: length of the read (nt) times `SHAPE_BASE`, plus length of the UMI (nt).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8, U64, Bool, offsets_of

BASES_PER_WORD = 21
SHAPE_BASE = 64


class FragmentTable(NamedTuple):
    """The distinct fragments so far, one row each, in arrays with free capacity.

    Attributes:
        slots: open-addressing hash table of row numbers, -1 for a free slot. Its length is a power of two, at least
            twice the number of rows.
        hashes: hash of each row.
        words: bases of all rows, packed by `pack`.
        starts: row i is ``words[starts[i]:starts[i + 1]]``.
        offsets: number of bases in the rows before each row.
        shapes: shape of each row, see above.
        umis: UMI of each row, two bits a base.
        counts: fragments assigned to each row.
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
    """Mix the bits of a word by one xorshift step, a one-to-one map (Marsaglia 2003, doi:10.18637/jss.v008.i14)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


def pack(codes: U8, offsets: I64) -> tuple[U64, I64]:
    """Pack bases in three bits each, 21 to a word; each row starts a new word. Return the words and their offsets."""
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
    """Unpack the bases of rows packed by `pack`, whose bases have these offsets."""
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
    """Hash a fragment of `length` bases to 64 bits."""
    state = xorshift(np.uint64(length + 1))
    for word in words:
        state = xorshift(state ^ word)
    return xorshift(xorshift(state ^ np.uint64(shape)) ^ umi)


@inlined
def equal(left: U8 | U64, right: U8 | U64) -> bool:
    """Report whether two rows have the same words, or the same bases."""
    if len(left) != len(right):
        return False
    for i in range(len(left)):
        if left[i] != right[i]:
            return False
    return True


@leaf
def fill_hash_table(slots: I64, hashes: U64, rows: int) -> None:
    """Insert the first `rows` rows into an empty hash table."""
    mask = len(slots) - 1
    for row in range(rows):
        slot = np.int64(hashes[row] & np.uint64(mask))
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = row


def assign(
    codes: U8, offsets: I64, shapes: I64, umis: U64, table: FragmentTable, rows: int, assigned: I64, new: Bool
) -> int:
    """Assign every fragment of a batch to the row of equal fragments and count it there; add rows for new fragments.

    Args:
        codes: bases of the batch.
        offsets: fragment i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        shapes: shape of each fragment, (n,).
        umis: UMI of each fragment, shape (n,).
        table: updated; has capacity for the whole batch.
        rows: rows of the table.
        assigned: filled with the row of each fragment, shape (n,).
        new: filled; whether the fragment made its row, shape (n,).

    Returns:
        Rows of the table afterwards.
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
    """Raise the score of every base of some rows to the best score of the copies in a batch.

    Args:
        batch_scores: Phred scores of the batch.
        batch_offsets: fragment i has ``batch_scores[batch_offsets[i]:batch_offsets[i + 1]]``.
        assigned: row of each fragment.
        first: number of the first of the rows.
        scores: Phred scores of the rows, updated.
        offsets: row `first` + i has ``scores[offsets[i] - offsets[0]:offsets[i + 1] - offsets[0]]``.
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
    """Append each row of the second ragged array to the same row of the first; return values and offsets."""
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
