"""Equal sequences found by hash, compared in full; the best quality of each base among the copies.

The table of distinct sequences grows with every batch: `slots` is an open-addressing hash table of row numbers (-1
where free, its length a power of two at least twice the number of rows), `hashes`, `codes` and `offsets` hold the rows.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8, U64

BASES_OF_WORD = 21


@njit
def scramble(state: np.uint64) -> np.uint64:
    """One xorshift step: a one-to-one map of 64-bit words (Marsaglia 2003, doi:10.18637/jss.v008.i14)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@njit
def sequence_hash(codes: U8) -> np.uint64:
    """64-bit hash of a sequence, 21 bases of three bits a word; the length is part of it."""
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
    return scramble(scramble(state ^ word))


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
def assign(
    batch_codes: U8, batch_offsets: I64, slots: I64, hashes: U64, codes: U8, offsets: I64, rows: int, groups: I64
) -> int:
    """Find the row of every sequence of a batch, adding rows for new sequences.

    Args:
        batch_codes: bases of the batch.
        batch_offsets: sequence i is ``batch_codes[batch_offsets[i]:batch_offsets[i + 1]]``.
        slots: hash table.
        hashes: of each row; this and the next two have room for the whole batch.
        codes: bases of the rows.
        offsets: row i is ``codes[offsets[i]:offsets[i + 1]]``.
        rows: rows of the table.
        groups: filled with the row of each sequence of the batch.

    Returns:
        Rows of the table afterwards.
    """
    mask = len(slots) - 1
    for i in range(len(groups)):
        sequence = batch_codes[batch_offsets[i] : batch_offsets[i + 1]]
        key = sequence_hash(sequence)
        slot = np.int64(key & np.uint64(mask))
        row = slots[slot]
        while row >= 0 and not (hashes[row] == key and equal(codes[offsets[row] : offsets[row + 1]], sequence)):
            slot = (slot + 1) & mask
            row = slots[slot]
        if row < 0:
            row = rows
            slots[slot] = row
            hashes[row] = key
            offsets[row + 1] = offsets[row] + len(sequence)
            target = codes[offsets[row] : offsets[row + 1]]
            for j in range(len(sequence)):
                target[j] = sequence[j]
            rows += 1
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
