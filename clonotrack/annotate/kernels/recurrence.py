"""Sequences that occur again: in a batch, among rows that were kept, or at all. Found by hash, compared in full."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.reads.kernels.dedup import equal, fragment_hash, pack
from clonotrack.sequences import I64, U8, U64, Bool


class Kept(NamedTuple):
    """Sequences that were kept.

    Attributes:
        codes: bases.
        offsets: row i is ``codes[offsets[i]:offsets[i + 1]]``.
        hashes: of the rows, as of `hash_rows`.
        slots: open-addressing hash table of the rows, as of `clonotrack.reads.kernels.dedup.refill`.
    """

    codes: U8
    offsets: I64
    hashes: U64
    slots: I64


@njit
def hash_rows(codes: U8, offsets: I64) -> U64:
    """64-bit hash of each sequence."""
    hashes = np.empty(len(offsets) - 1, dtype=np.uint64)
    words, starts = pack(codes, offsets)
    for i in range(len(hashes)):
        length = offsets[i + 1] - offsets[i]
        hashes[i] = fragment_hash(words[starts[i] : starts[i + 1]], length, 0, np.uint64(0))
    return hashes


@njit
def unite(codes: U8, offsets: I64, hashes: U64) -> tuple[I64, I64]:
    """Number the distinct sequences of a batch in the order in which they come.

    Args:
        codes: bases of the batch.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``.
        hashes: of each.

    Returns:
        The number of each sequence, and the first sequence that has each number.
    """
    size = 1
    while size < 2 * len(hashes):
        size *= 2
    slots = np.full(size, -1, dtype=np.int64)
    numbers = np.empty(len(hashes), dtype=np.int64)
    first = np.empty(len(hashes), dtype=np.int64)
    count = 0
    for i in range(len(hashes)):
        sequence = codes[offsets[i] : offsets[i + 1]]
        slot = np.int64(hashes[i] & np.uint64(size - 1))
        while slots[slot] >= 0:
            other = first[slots[slot]]
            if hashes[other] == hashes[i] and equal(codes[offsets[other] : offsets[other + 1]], sequence):
                break
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = count
            first[count] = i
            count += 1
        numbers[i] = slots[slot]
    return numbers, first[:count].copy()


@njit
def find(codes: U8, offsets: I64, hashes: U64, which: I64, kept: Kept) -> I64:
    """The rows that some sequences of a batch have among those that were kept, -1 for none.

    Args:
        codes: bases of the batch.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``.
        hashes: of each.
        which: sequences that are looked up.
        kept: see `Kept`.
    """
    rows = np.empty(len(which), dtype=np.int64)
    mask = len(kept.slots) - 1
    for turn in range(len(which)):
        i = which[turn]
        slot = np.int64(hashes[i] & np.uint64(mask))
        row = kept.slots[slot]
        while row >= 0:
            if kept.hashes[row] == hashes[i] and equal(
                kept.codes[kept.offsets[row] : kept.offsets[row + 1]], codes[offsets[i] : offsets[i + 1]]
            ):
                break
            slot = (slot + 1) & mask
            row = kept.slots[slot]
        rows[turn] = row
    return rows


@njit
def meet(hashes: U64, seen: U64) -> Bool:
    """Whether each hash was met before, as far as is remembered: a later one takes the place of one in its slot.

    Args:
        hashes: in the order in which they are met.
        seen: those of before, written; its length a power of two.
    """
    before = np.empty(len(hashes), dtype=np.bool_)
    mask = np.uint64(len(seen) - 1)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        before[i] = seen[slot] == hashes[i]
        seen[slot] = hashes[i]
    return before
