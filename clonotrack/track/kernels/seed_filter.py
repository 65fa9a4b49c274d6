"""Find the targets that a read may match: the filter never rejects a target that the read matches.

A *seed* is a stretch of `SEED_LENGTH` = 13 nt of a target that a read with a hit contains unchanged. The search for
seeds has two steps:

1. The read is packed, four bases in a byte. The k-mer (K = 10) that begins at each byte is looked up in the k-mer
   table, which has 4^10 bits, one for each possible k-mer. The bits of the k-mers of all seeds are set. A seed has four
   k-mers, of which exactly one begins at a byte, so every seed is noticed. Nearly all reads contain no k-mer of a seed
   and are done.
2. Four stretches of 13 nt contain a k-mer that was found. These stretches are looked up in the seed table, by a hash of
   their bases.

So every seed in a read is found exactly once. Some stretches that are no seed are found too. Such a stretch has the
hash of a seed, or contains a character that is no base, because every character counts as some base here. Later
comparisons reject these stretches.

A seed in a V or J segment occurs in the targets of many patients. For each target with the seed, the 27 nt beside the
seed (the *flank*) are compared with the read, four targets at a time, by `clonotrack.track.kernels.word_filter`. A
target that passes is a *candidate*.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.arrays import grow_rows, wide
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.kernels.swar import load_u32, load_u64
from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.sequences import I32, I64, U8, U64
from clonotrack.track.kernels.word_filter import FLANK, TARGETS_PER_ROW, match_words

BASES_PER_BYTE = 4  # also the distance between the starts of two k-mers that are looked up [nt]
K = SEED_LENGTH - BASES_PER_BYTE + 1
SEED_BITS = 2 * SEED_LENGTH
PADDING = 16  # bytes before and after a packed read, so that the flanks of a seed can be loaded

BASE_BITS: U8 = np.array([0, 1, 3, 2], dtype=np.uint8)
"""Two bits for each code of A, C, G, T: bits 1 and 2 of the ASCII value of the base.

Upper and lower case have the same bits, and U has the bits of T.
"""

_KMER_MASK = np.uint32((1 << 2 * K) - 1)
_SEED_MASK = np.uint64((1 << SEED_BITS) - 1)
_FOUR_BASES = 0x03030303
# The product of four bytes with two bits each and this number has all eight bits side by side in its highest byte.
_TO_TOP_BYTE = 1 << 24 | 1 << 18 | 1 << 12 | 1 << 6
_HASH_FACTOR = 0x9E3779B1  # odd; 2^32 divided by the golden ratio


class SeedFilter(NamedTuple):
    """Tables of the k-mers and seeds of all targets.

    Attributes:
        kmers: k-mer table, shape (4^K / 8,). Bit ``v & 7`` of byte ``v >> 3`` is set if a seed contains the k-mer with
            value v.
        seeds: seed table; its length is a power of two. Bit ``h & 7`` of byte ``h >> 3`` is set if a seed has the hash
            h.
        shift: bits by which a 32-bit hash is shifted right to fit the seed table.
    """

    kmers: U8
    seeds: U8
    shift: int


def seed_values(codes: U8) -> I64:
    """Compute the value of each stretch of `SEED_LENGTH` nt: two bits a base (`BASE_BITS`), the first base lowest.

    Args:
        codes: bases, shape (n,). An unknown base counts as A.

    Returns:
        Value of the stretch that begins at each base, shape (max(0, n - SEED_LENGTH + 1),).
    """
    bits = BASE_BITS[codes & 3].astype(np.int64)
    count = max(0, len(codes) - SEED_LENGTH + 1)
    values: I64 = np.zeros(count, dtype=np.int64)
    for i in range(SEED_LENGTH):
        values |= bits[i : i + count] << 2 * i
    return values


def build_seed_filter(seeds: I64) -> SeedFilter:
    """Build the k-mer table and the seed table from the values of all seeds (`seed_values`).

    The seed table has 16 to 32 bits per seed, so that it fits into the processor's cache. Of the stretches that are
    looked up in this table and are no seed, 3 to 6 % pass.
    """
    width = min(max(16, len(seeds).bit_length() + 4), 32)
    kmers = np.concatenate([seeds >> 2 * offset & int(_KMER_MASK) for offset in range(BASES_PER_BYTE)])
    hashes = _hash(seeds, 32 - width)
    return SeedFilter(_bit_table(kmers, 2 * K), _bit_table(hashes, width), 32 - width)


def _hash(seeds: I64, shift: int) -> I64:
    """Compute the hash of each seed value: the upper bits of its 32-bit product, shifted right by `shift`."""
    return (seeds * _HASH_FACTOR & 0xFFFFFFFF) >> shift


def _bit_table(positions: I64, width: int) -> U8:
    """Build a table of 2^width bits, eight bits in a byte, in which the bits at `positions` are set."""
    bits = np.zeros(1 << width, dtype=np.bool_)
    bits[positions] = True
    return np.packbits(bits, bitorder="little")


@inlined
def find_seeds(text: U8, start: int, length: int, seed_filter: SeedFilter, packed: U8, passed: I64, found: I64) -> int:
    """Find the positions of one read that may be seeds.

    Args:
        text: ASCII bases, upper or lower case.
        start: index in `text` of the first base of the read.
        length: length of the read [nt].
        seed_filter: tables of all seeds.
        packed: written with the packed read from byte `PADDING` on; has at least `PADDING` bytes after the read.
        passed: scratch, shape (length // 4 + 1,) or larger.
        found: written with the stretches that may be seeds, in rising order; shape (length + BASES_PER_BYTE,) or
            larger. The lower `SEED_BITS` bits of an element are the value of the stretch. The bits above are the
            position in the read at which it begins. The first and the last stretch may lie partly outside the read.

    Returns:
        The number of stretches found.
    """
    if length < SEED_LENGTH:
        return 0
    _pack(text, start, length, packed)
    n = 0
    for s in range(_find_kmers(packed, (length - K) // BASES_PER_BYTE + 1, seed_filter.kmers, passed)):
        around = load_u64(packed, PADDING - 1 + passed[s])
        for i in range(1, BASES_PER_BYTE + 1):
            seed = int(around >> np.uint64(2 * i) & _SEED_MASK)
            bit = (seed * _HASH_FACTOR & 0xFFFFFFFF) >> seed_filter.shift
            found[n] = seed + (BASES_PER_BYTE * (passed[s] - 1) + i << SEED_BITS)  # kept only if n rises below
            n += int(seed_filter.seeds[bit >> 3] >> (bit & 7) & 1)  # a sum is faster than a branch here
    return n


@inlined
def _pack(text: U8, start: int, length: int, packed: U8) -> None:
    """Pack a read, four bases in a byte, the first base in the lowest bits; see `find_seeds`."""
    words = length // BASES_PER_BYTE
    for w in range(words):
        bits = int(load_u32(text, start + BASES_PER_BYTE * w)) >> 1 & _FOUR_BASES
        packed[PADDING + w] = np.uint8(bits * _TO_TOP_BYTE >> 24 & 0xFF)
    rest = 0
    for j in range(length - BASES_PER_BYTE * words):
        rest |= (int(text[start + BASES_PER_BYTE * words + j]) >> 1 & 3) << 2 * j
    packed[PADDING + words] = rest


@inlined
def _find_kmers(packed: U8, count: int, kmers: U8, passed: I64) -> int:
    """Find the bytes of a packed read at which a k-mer of the k-mer table begins.

    The loop has no branch, so reads with many such k-mers take little more time.

    Args:
        packed: packed read, from byte `PADDING` on.
        count: number of bytes at which a whole k-mer of the read begins.
        kmers: k-mer table, see `SeedFilter`.
        passed: written with the numbers of the bytes, counted from the first byte of the read.

    Returns:
        The number of bytes found.
    """
    n = 0
    for w in range(count):
        kmer = int(load_u32(packed, PADDING + w) & _KMER_MASK)
        passed[n] = w
        n += int(kmers[kmer >> 3] >> (kmer & 7) & 1)
    return n


VALUE, FIRST_ROW, AFTER_ROW, END_ROW = range(4)  # columns of `SeedIndex.slots`
ENTRY_STRAND, ENTRY_SEED, ENTRY_EXACT_START, ENTRY_EXACT_END, ENTRY_ORIGIN, ENTRY_LENGTH = range(6)
CANDIDATE_READ, CANDIDATE_POSITION, CANDIDATE_ENTRY = range(3)  # columns of candidates

_VALUE_MASK = (1 << SEED_BITS) - 1


class SeedIndex(NamedTuple):
    """Index of the seeds of all strands of all targets; see `clonotrack.track.seed_index`.

    Attributes:
        slots: open-addressing hash table of the distinct seeds, shape (slots, 4). The number of slots is a power of
            two. Columns:

            - `VALUE`: value of the seed, see `seed_values`.
            - `FIRST_ROW`: first row of the seed in `flanks`. From this row on, flanks precede the seed.
            - `AFTER_ROW`: first row of the seed from which on flanks follow the seed.
            - `END_ROW`: row after the last row of the seed; 0 in an empty slot.

        flanks: flanks of four targets, then the masks of the four targets, see `clonotrack.track.kernels.word_filter`;
            shape (rows, 2 `TARGETS_PER_ROW`).
        entries: one seed of one strand in each row, four for each row of `flanks`; shape (`TARGETS_PER_ROW` rows, 6).
            Columns:

            - `ENTRY_STRAND`: number of the strand.
            - `ENTRY_SEED`: 0-based position of the seed in the strand.
            - `ENTRY_EXACT_START`, `ENTRY_EXACT_END`: exact stretch in the strand. A hit in which this seed is the seed
              without an edit contains the exact stretch unchanged.
            - `ENTRY_ORIGIN`: index in `TargetStrands.codes` of the first base of the strand.
            - `ENTRY_LENGTH`: length of the strand [nt].
    """

    slots: I32
    flanks: U64
    entries: I32


@leaf
def find_slot(value: int, slots: I32) -> int:
    """Find the slot of a seed value in the hash table, or the empty slot to write the value to (Fibonacci hashing)."""
    slot = (int(value) * 0x9E3779B1 >> 16) & (len(slots) - 1)
    while slots[slot, END_ROW] and slots[slot, VALUE] != value:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@leaf
def fill_slots(seeds: I32, slots: I32) -> None:
    """Write distinct seeds to an empty hash table.

    Args:
        seeds: the columns of `SeedIndex.slots` for each seed, shape (n, 4).
        slots: all 0, with more than n rows, their number a power of two; written.
    """
    for i in range(len(seeds)):
        slot = find_slot(wide(seeds[i, VALUE]), slots)
        for column in range(4):
            slots[slot, column] = seeds[i, column]


def find_candidates(text: U8, starts: I64, ends: I64, seed_filter: SeedFilter, index: SeedIndex) -> I64:
    """Find the candidate targets of reads.

    Args:
        text: ASCII bases, upper or lower case.
        starts: read i is ``text[starts[i]:ends[i]]``, shape (reads,).
        ends: index in `text` after the last base of each read, shape (reads,).
        seed_filter: tables of the seeds of `index`.
        index: index of the seeds of all targets.

    Returns:
        One row for each candidate and seed, ordered by read, shape (n, 3): number of the read, index in `text` of the
        seed's first base, row of `index.entries`.
    """
    longest = int((ends - starts).max(initial=0))
    packed = np.zeros(longest // BASES_PER_BYTE + 2 * PADDING, np.uint8)
    passed, found = np.empty(longest // BASES_PER_BYTE + 1, np.int64), np.empty(longest + BASES_PER_BYTE, np.int64)
    done, n, candidates = 0, 0, np.empty((1024, 3), np.int64)
    while done < len(starts):
        done, n = _fill_candidates(text, starts, ends, seed_filter, index, packed, passed, found, done, candidates, n)
        if done < len(starts):
            candidates = grow_rows(candidates, 2 * len(candidates))
    return candidates[:n]


@leaf
def _fill_candidates(
    text: U8,
    starts: I64,
    ends: I64,
    seed_filter: SeedFilter,
    index: SeedIndex,
    packed: U8,
    passed: I64,
    found: I64,
    done: int,
    candidates: I64,
    n: int,
) -> tuple[int, int]:
    """Write the candidates of the reads from `done` on, until `candidates` is full; see `find_candidates`.

    Args:
        text: as in `find_candidates`.
        starts: as in `find_candidates`.
        ends: as in `find_candidates`.
        seed_filter: as in `find_candidates`.
        index: as in `find_candidates`.
        packed: scratch of `find_seeds`, for the longest read.
        passed: scratch of `find_seeds`, for the longest read.
        found: scratch of `find_seeds`, for the longest read.
        done: read to continue with.
        candidates: written from row `n` on, shape (capacity, 3).
        n: number of candidates written by earlier calls.

    Returns:
        `done` and `n` for the next call; `done` is the number of reads if all reads are done.
    """
    slots, flanks = index.slots, index.flanks
    for i in range(done, len(starts)):
        before, length = n, ends[i] - starts[i]
        for s in range(find_seeds(text, starts[i], length, seed_filter, packed, passed, found)):
            position, slot = found[s] >> SEED_BITS, find_slot(found[s] & _VALUE_MASK, slots)
            if position < 0 or position + SEED_LENGTH > length:
                continue
            if n + TARGETS_PER_ROW * (slots[slot, END_ROW] - slots[slot, FIRST_ROW]) > len(candidates):
                return i, before
            for row in range(slots[slot, FIRST_ROW], slots[slot, END_ROW]):
                flank = SEED_LENGTH if row >= slots[slot, AFTER_ROW] else -FLANK
                matching = match_words(flanks, row, packed, BASES_PER_BYTE * PADDING + position + flank)
                if matching:
                    for k in range(TARGETS_PER_ROW):
                        candidates[n, CANDIDATE_READ], candidates[n, CANDIDATE_POSITION] = i, starts[i] + position
                        candidates[n, CANDIDATE_ENTRY] = TARGETS_PER_ROW * row + k
                        n += matching >> k & 1
    return len(starts), n
