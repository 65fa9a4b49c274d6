"""The first look at every read: where it may hold a piece of a target.

A *piece* is a stretch of `PIECE` = 13 nt of a target that a read has to hold unchanged. A read is packed, four bases to
a byte, and after each byte the `K` = 10 bases that begin with it are looked at, the *sampled seed*: 13 nt anywhere in a
read contain exactly one whole sampled seed, since of the four stretches of 10 nt in them one begins at a multiple of 4.
A table of 4^10 bits says which seeds any piece holds; nearly all end there, at one look-up for four bases. Of the
others the four stretches of 13 nt around the seed are looked up in a second table, of a hash of their bases.

So every piece that a read holds is found, once. What is found beside is for the caller to refuse: pieces with the hash
of another, and letters that are no base, which count as one here.

Which targets a read may hold where it has one of their pieces: nearly all of a large programme's are refused here.

A piece of a V or J segment stands in the targets of many patients. Those that share it are one *group*, and the read is
compared with all of them, four at a time, in packed bases, by a *window* of 27 nt beside the piece.

Where a read holds a whole target with at most e edits, and the stretch around this piece has none of them, all are in
what is beside the stretch. An edit touches at most one of the *words* there, of 3 nt each, and a word that none touches
stands in the read, moved by no more than e places. So where more than e words do not stand near their place, the
target is refused, with certainty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.arrays import grown
from clonotrack.kernels.jit import leaf, njit
from clonotrack.kernels.swar import load_u32, load_u64
from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import I32, I64, U8, U64
from clonotrack.track.kernels.word_filter import LANES, WINDOW, alike

BYTE = 4  # bases of a byte, and the distance of sampled seeds
K = PIECE - BYTE + 1
VALUE_BITS = 2 * PIECE
ROOM = 16  # bytes before and behind a packed read, so that what is beside a piece can be loaded

LETTER_BITS: U8 = np.array([0, 1, 3, 2], dtype=np.uint8)
"""Two bits for each code of A, C, G, T: bits 1 and 2 of the letter, of either case; U has those of T."""

_SEED = np.uint32((1 << 2 * K) - 1)
_BASES = np.uint64((1 << VALUE_BITS) - 1)
_LETTERS = 0x03030303
_TO_TOP = 1 << 24 | 1 << 18 | 1 << 12 | 1 << 6  # times four letters: their bits side by side in the top byte
_MIX = 0x9E3779B1  # odd; 2^32 by the golden ratio


class Sieve(NamedTuple):
    """Which seeds and pieces there are.

    Attributes:
        seeds: bit `seed & 7` of byte `seed >> 3` is set for every seed of a piece; shape (4^K / 8,).
        pieces: so for the hash of every piece; a power of two bytes.
        shift: of the hash.
    """

    seeds: U8
    pieces: U8
    shift: int


def piece_values(codes: U8) -> I64:
    """The value of each stretch of `PIECE` nt: two bits a base, see `LETTER_BITS`, the first base lowest.

    Args:
        codes: shape (n,); unknown bases count as some base.

    Returns:
        Shape (n - PIECE + 1,), at least 0.
    """
    bits = LETTER_BITS[codes & 3].astype(np.int64)
    count = max(0, len(codes) - PIECE + 1)
    values: I64 = np.zeros(count, dtype=np.int64)
    for i in range(PIECE):
        values |= bits[i : i + count] << 2 * i
    return values


def sieve_of(pieces: I64) -> Sieve:
    """The tables for the pieces of these values.

    The second table has 16 to 32 bits for a piece, so that it stays in the processor's cache; of the stretches that get
    there and are no piece, 3 to 6 % pass.
    """
    width = min(max(16, len(pieces).bit_length() + 4), 32)
    seeds = np.concatenate([pieces >> 2 * offset & int(_SEED) for offset in range(BYTE)])
    hashes = _hash(pieces, 32 - width)
    return Sieve(_bit_table(seeds, 2 * K), _bit_table(hashes, width), 32 - width)


def _hash(pieces: I64, shift: int) -> I64:
    return (pieces * _MIX & 0xFFFFFFFF) >> shift


def _bit_table(places: I64, width: int) -> U8:
    bits = np.zeros(1 << width, dtype=np.bool_)
    bits[places] = True
    return np.packbits(bits, bitorder="little")


@leaf
def sift(text: U8, start: int, length: int, sieve: Sieve, packed: U8, passed: I64, found: I64) -> int:
    """Find where one read may hold a piece.

    Args:
        text: letters, upper or lower case.
        start: the first of the read.
        length: of the read.
        sieve: what to look for.
        packed: filled with the read from byte `ROOM` on, which has room behind it too.
        passed: scratch, shape (length / 4 + 1,).
        found: filled: in the lower `VALUE_BITS` the value of the piece, see `piece_values`, above them the base of the
            read at which it begins, rising; has room for `length` + `BYTE`. The first and the last may begin or end
            outside of the read.

    Returns:
        How many were found.
    """
    if length < PIECE:
        return 0
    _pack(text, start, length, packed)
    n = 0
    for s in range(_seeds(packed, (length - K) // BYTE + 1, sieve.seeds, passed)):
        around = load_u64(packed, ROOM - 1 + passed[s])
        for i in range(1, BYTE + 1):
            piece = int(around >> np.uint64(2 * i) & _BASES)
            bit = (piece * _MIX & 0xFFFFFFFF) >> sieve.shift
            found[n] = piece + (BYTE * (passed[s] - 1) + i << VALUE_BITS)  # no branch: the next overwrites what is none
            n += int(sieve.pieces[bit >> 3] >> (bit & 7) & 1)
    return n


@leaf
def _pack(text: U8, start: int, length: int, packed: U8) -> None:
    """Write four bases to a byte, the first one lowest."""
    words = length // BYTE
    for w in range(words):
        bits = int(load_u32(text, start + BYTE * w)) >> 1 & _LETTERS
        packed[ROOM + w] = np.uint8(bits * _TO_TOP >> 24 & 0xFF)
    rest = 0
    for j in range(length - BYTE * words):
        rest |= (int(text[start + BYTE * words + j]) >> 1 & 3) << 2 * j
    packed[ROOM + words] = rest


@leaf
def _seeds(packed: U8, count: int, seeds: U8, passed: I64) -> int:
    """Write the bytes at which a seed of the table begins; no branch, so that many seeds cost no more than few."""
    n = 0
    for w in range(count):
        seed = int(load_u32(packed, ROOM + w) & _SEED)
        passed[n] = w
        n += int(seeds[seed >> 3] >> (seed & 7) & 1)
    return n


VALUE, FIRST, RIGHT, END = range(4)  # columns of `Index.slots`
READ, TEXT, ENTRY = range(3)  # columns of what is left

_VALUE = (1 << VALUE_BITS) - 1


class Index(NamedTuple):
    """Where the pieces of all probes are found by their value; see `clonotrack.track.seed_index`.

    Attributes:
        slots: open-addressing hash table of groups, its length a power of two, shape (slots, 4): value of the piece;
            its first row of `windows`; the first that is of what follows the piece, those before it being of what
            precedes it; the row after its last. The last three are 0 where nothing is.
        windows: shape (rows, 2 `LANES`): window of each of four targets, then what it is judged by, see
            `clonotrack.track.kernels.word_filter`.
        places: shape (`LANES` rows, 6), what the comparison needs of each: number of the probe; first base of the piece
            in it; first base of the stretch around the piece of which an untouched copy is in the read too, and the
            base after it; where the probe's codes begin, and how many they are.
    """

    slots: I32
    windows: U64
    places: I32


@leaf
def slot_of(value: int, slots: I32) -> int:
    """Where a value stands in the hash table, or else the free place for it (Fibonacci hashing)."""
    slot = (int(value) * 0x9E3779B1 >> 16) & (len(slots) - 1)
    while slots[slot, END] and slots[slot, VALUE] != value:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@njit
def fill_slots(groups: I32, slots: I32) -> None:
    """Enter groups of distinct values into an empty hash table (all 0) that is longer."""
    for i in range(len(groups)):
        slot = slot_of(groups[i, VALUE], slots)
        for column in range(4):
            slots[slot, column] = groups[i, column]


@njit
def narrow(text: U8, starts: I64, ends: I64, sieve: Sieve, index: Index) -> I64:
    """The targets that reads may hold, each by the place that one of its pieces gives it.

    Args:
        text: letters, upper or lower case.
        starts: read i is ``text[starts[i]:ends[i]]``.
        ends: see `starts`.
        sieve: of the pieces of `index`.
        index: what each piece is of.

    Returns:
        Shape (n, 3): number of the read, place of the piece in the text, and row of `index.places`; ordered by read.
    """
    longest = 0
    for i in range(len(starts)):
        longest = max(longest, ends[i] - starts[i])
    packed = np.zeros(longest // BYTE + 2 * ROOM, np.uint8)
    passed, found = np.empty(longest // BYTE + 1, np.int64), np.empty(longest + BYTE, np.int64)
    done, kept, left = 0, 0, np.empty((1024, 3), np.int64)
    while done < len(starts):
        done, kept = _narrow(text, starts, ends, sieve, index, packed, passed, found, done, left, kept)
        if done < len(starts):
            left = grown(left, 2 * len(left))
    return left[:kept]


@leaf
def _narrow(
    text: U8,
    starts: I64,
    ends: I64,
    sieve: Sieve,
    index: Index,
    packed: U8,
    passed: I64,
    found: I64,
    done: int,
    left: I64,
    kept: int,
) -> tuple[int, int]:
    """`narrow` as far as there is room: how many reads are done, and how many rows of `left` are filled."""
    slots, windows = index.slots, index.windows
    for i in range(done, len(starts)):
        before, length = kept, ends[i] - starts[i]
        for piece in range(sift(text, starts[i], length, sieve, packed, passed, found)):
            place, slot = found[piece] >> VALUE_BITS, slot_of(found[piece] & _VALUE, slots)
            if place < 0 or place + PIECE > length:
                continue
            if kept + LANES * (slots[slot, END] - slots[slot, FIRST]) > len(left):
                return i, before
            for row in range(slots[slot, FIRST], slots[slot, END]):
                begin = BYTE * ROOM + place + (PIECE if row >= slots[slot, RIGHT] else -WINDOW)
                lanes = alike(windows, row, packed, begin)
                if lanes:
                    for lane in range(LANES):
                        left[kept, READ], left[kept, TEXT] = i, starts[i] + place
                        left[kept, ENTRY] = LANES * row + lane
                        kept += lanes >> lane & 1
    return len(starts), kept
