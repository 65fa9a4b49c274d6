"""Filter reads by seeds: find the targets that a read may match, with certainty that no other does.

A *seed* is a stretch of `SEED_LENGTH` = 13 nt of a target that a read with a hit contains unchanged. The search for
seeds has two steps:

1. The read is packed, four bases to a byte. The k-mer (K = 10) that begins at each byte is looked up in a table of 4^10
   bits, which has the k-mers of all seeds. A seed in the read contains exactly one of these sampled k-mers, because of
   its four k-mers one begins at a multiple of 4. Nearly all reads end here.
2. The four stretches of 13 nt around a k-mer that passed are looked up in a second table, by a hash of their bases.

So every seed in a read is found once. False positives remain: stretches with the hash of a seed, and characters that
are no base, which count as one here. Later steps reject them.

A seed of a V or J segment occurs in the targets of many patients. The *flanking* 27 nt of all targets with the seed are
then compared with the read, four targets at a time, by `clonotrack.track.kernels.word_filter`. A target that passes is
a *candidate*.
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

BASES_PER_BYTE = 4  # also the distance of sampled k-mers
K = SEED_LENGTH - BASES_PER_BYTE + 1
SEED_BITS = 2 * SEED_LENGTH
PADDING = 16  # bytes before and after a packed read, so that the flanks of a seed can be loaded

BASE_BITS: U8 = np.array([0, 1, 3, 2], dtype=np.uint8)
"""Two bits for each code of A, C, G, T: bits 1 and 2 of its ASCII value, upper or lower case; U has those of T."""

_KMER_MASK = np.uint32((1 << 2 * K) - 1)
_SEED_MASK = np.uint64((1 << SEED_BITS) - 1)
_FOUR_BASES = 0x03030303
_TO_TOP_BYTE = 1 << 24 | 1 << 18 | 1 << 12 | 1 << 6  # multiplied by four bases: their bits side by side in the top byte
_HASH_FACTOR = 0x9E3779B1  # odd; 2^32 divided by the golden ratio


class SeedFilter(NamedTuple):
    """Tables of the k-mers and seeds of all targets.

    Attributes:
        kmers: bit ``v & 7`` of byte ``v >> 3`` is set if a seed contains the k-mer with value v; shape (4^K / 8,).
        seeds: likewise for the hash of each seed; its length is a power of two.
        shift: of the hash.
    """

    kmers: U8
    seeds: U8
    shift: int


def seed_values(codes: U8) -> I64:
    """Compute the value of each stretch of `SEED_LENGTH` nt: two bits a base (`BASE_BITS`), the first base lowest.

    Args:
        codes: shape (n,); unknown bases count as some base.

    Returns:
        Shape (max(0, n - SEED_LENGTH + 1),).
    """
    bits = BASE_BITS[codes & 3].astype(np.int64)
    count = max(0, len(codes) - SEED_LENGTH + 1)
    values: I64 = np.zeros(count, dtype=np.int64)
    for i in range(SEED_LENGTH):
        values |= bits[i : i + count] << 2 * i
    return values


def build_seed_filter(seeds: I64) -> SeedFilter:
    """Build the tables for seeds of these values.

    The second table has 16 to 32 bits per seed, so that it fits into the processor's cache. Of the stretches that reach
    it and are no seed, 3 to 6 % pass.
    """
    width = min(max(16, len(seeds).bit_length() + 4), 32)
    kmers = np.concatenate([seeds >> 2 * offset & int(_KMER_MASK) for offset in range(BASES_PER_BYTE)])
    hashes = _hash(seeds, 32 - width)
    return SeedFilter(_bit_table(kmers, 2 * K), _bit_table(hashes, width), 32 - width)


def _hash(seeds: I64, shift: int) -> I64:
    return (seeds * _HASH_FACTOR & 0xFFFFFFFF) >> shift


def _bit_table(positions: I64, width: int) -> U8:
    bits = np.zeros(1 << width, dtype=np.bool_)
    bits[positions] = True
    return np.packbits(bits, bitorder="little")


@inlined
def find_seeds(text: U8, start: int, length: int, seed_filter: SeedFilter, packed: U8, passed: I64, found: I64) -> int:
    """Find the positions of one read that may be seeds.

    Args:
        text: ASCII bases, upper or lower case.
        start: first base of the read.
        length: of the read.
        seed_filter: tables of all seeds.
        packed: written: the read from byte `PADDING` on; has room after it too.
        passed: scratch, shape (length / 4 + 1,).
        found: written, in rising order: the seed's value in the lower `SEED_BITS`, above them the base of the read at
            which it begins. Has room for `length` + `BASES_PER_BYTE`. The first and the last may lie partly outside
            the read.

    Returns:
        The number of positions found.
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
            found[n] = seed + (BASES_PER_BYTE * (passed[s] - 1) + i << SEED_BITS)  # overwritten by the next if no seed
            n += int(seed_filter.seeds[bit >> 3] >> (bit & 7) & 1)  # without a branch
    return n


@inlined
def _pack(text: U8, start: int, length: int, packed: U8) -> None:
    """Pack four bases into each byte, the first one lowest."""
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
    """Write the bytes at which a k-mer of the table begins; there is no branch, so many k-mers cost little more."""
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
    """The seeds of all strands of all targets, found by their value; see `clonotrack.track.seed_index`.

    Attributes:
        slots: open-addressing hash table of the distinct seeds, shape (slots, 4); its length is a power of two.
            Columns: value of the seed (`VALUE`); its first row of `flanks` (`FIRST_ROW`); the first of its rows whose
            flanks follow the seed, as in earlier ones they precede it (`AFTER_ROW`); the row after its last
            (`END_ROW`). The last three are 0 in an empty slot.
        flanks: shape (rows, 2 `TARGETS_PER_ROW`); flanking bases of four targets, then their word masks, see
            `clonotrack.track.kernels.word_filter`.
        entries: shape (`TARGETS_PER_ROW` rows, 6); one seed of one strand. Columns: number of the strand; first base of
            the seed in it; start and end of the exact stretch, the bases around the seed that a read with a hit
            contains unchanged if this seed is the one without an edit; first of the strand's codes; its length.
    """

    slots: I32
    flanks: U64
    entries: I32


@leaf
def find_slot(value: int, slots: I32) -> int:
    """Find the slot of a value in the hash table, or the empty slot for it (Fibonacci hashing)."""
    slot = (int(value) * 0x9E3779B1 >> 16) & (len(slots) - 1)
    while slots[slot, END_ROW] and slots[slot, VALUE] != value:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@leaf
def fill_slots(seeds: I32, slots: I32) -> None:
    """Write rows of distinct seeds into an empty hash table.

    Args:
        seeds: shape (n, 4), the columns of `SeedIndex.slots`.
        slots: all 0, longer than `seeds`; written.
    """
    for i in range(len(seeds)):
        slot = find_slot(wide(seeds[i, VALUE]), slots)
        for column in range(4):
            slots[slot, column] = seeds[i, column]


def find_candidates(text: U8, starts: I64, ends: I64, seed_filter: SeedFilter, index: SeedIndex) -> I64:
    """Find the targets that reads may match, each by the position of one of its seeds.

    Args:
        text: ASCII bases, upper or lower case.
        starts: read i is ``text[starts[i]:ends[i]]``.
        ends: see `starts`.
        seed_filter: tables of the seeds of `index`.
        index: the targets of each seed.

    Returns:
        Shape (n, 3), ordered by read: number of the read, position of the seed in `text`, row of `index.entries`.
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
    """Do the work of `find_candidates` while there is room; return the reads done and the candidates written."""
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
