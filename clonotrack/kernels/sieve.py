"""The first look at every read: where it may hold a piece of a target.

A *piece* is a stretch of `PIECE` = 13 nt of a target that a read has to hold unchanged. A read is packed, four bases to
a byte, and after each byte the `K` = 10 bases that begin with it are looked at, the *sampled seed*: 13 nt anywhere in a
read contain exactly one whole sampled seed, since of the four stretches of 10 nt in them one begins at a multiple of 4.
A table of 4^10 bits says which seeds any piece holds; nearly all end there, at one look-up for four bases. Of the
others the four stretches of 13 nt around the seed are looked up in a second table, of a hash of their bases.

So every piece that a read holds is found, once. What is found beside is for the caller to refuse: pieces with the hash
of another, and letters that are no base, which count as one here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.kernels.loads import load_u32, load_u64
from clonotrack.sequence import I32, I64, U8

PIECE = 13
WORD = 4  # bases of a byte, and the distance of sampled seeds
K = PIECE - WORD + 1

LETTER_BITS: U8 = np.array([0, 1, 3, 2], dtype=np.uint8)
"""Two bits for each code of A, C, G, T: bits 1 and 2 of the letter, of either case; U has those of T."""

_SEED = np.uint32((1 << 2 * K) - 1)
_BASES = np.uint64((1 << 2 * PIECE) - 1)
_LETTERS = np.uint32(0x03030303)
_U1, _U6, _U12, _U18 = np.uint32(1), np.uint32(6), np.uint32(12), np.uint32(18)
_MIX = 0x9E3779B1  # odd; 2^32 by the golden ratio
_ROOM = 8  # bytes behind a packed read, so that eight can be loaded from each place


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


class Candidates(NamedTuple):
    """Where a read may hold a piece, ordered by read and place.

    Attributes:
        read: number of the read.
        place: first base of the piece in the text.
        piece: its value, see `piece_values`.
    """

    read: I32
    place: I64
    piece: I32

    @classmethod
    def room(cls, count: int) -> Candidates:
        """Room for so many."""
        return cls(np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int32))

    def first(self, count: int) -> Candidates:
        """So many of them."""
        return Candidates(self.read[:count], self.place[:count], self.piece[:count])


def piece_values(codes: U8) -> I64:
    """The value of each stretch of `PIECE` nt: two bits a base, see `LETTER_BITS`, the first base lowest.

    Args:
        codes: 0 to 3; shape (n,).

    Returns:
        Shape (n - PIECE + 1,), at least 0.
    """
    bits = LETTER_BITS[codes].astype(np.int64)
    count = max(0, len(codes) - PIECE + 1)
    values: I64 = np.zeros(count, dtype=np.int64)
    for i in range(PIECE):
        values |= bits[i : i + count] << 2 * i
    return values


def sieve_of(pieces: I64) -> Sieve:
    """The tables for the pieces of these values.

    The second table has 64 to 128 bits for a piece, so that about 1 % of what gets there passes without being one.
    """
    width = min(max(16, len(pieces).bit_length() + 6), 32)
    seeds = np.concatenate([pieces >> 2 * offset & int(_SEED) for offset in range(WORD)])
    return Sieve(_bit_table(seeds, 2 * K), _bit_table(_hash(pieces, 32 - width), width), 32 - width)


def _bit_table(places: I64, width: int) -> U8:
    bits = np.zeros(1 << width, dtype=np.bool_)
    bits[places] = True
    return np.packbits(bits, bitorder="little")


def _hash(pieces: I64, shift: int) -> I64:
    return (pieces * _MIX & 0xFFFFFFFF) >> shift


@njit
def sift(text: U8, starts: I64, ends: I64, sieve: Sieve, found: Candidates) -> int:
    """Find the candidates of reads.

    Args:
        text: letters, upper or lower case.
        starts: read i is ``text[starts[i]:ends[i]]``.
        ends: see `starts`.
        sieve: what to look for.
        found: filled; has room for one more candidate than the reads have bases.

    Returns:
        How many candidates were found.
    """
    longest = 0
    for i in range(len(starts)):
        longest = max(longest, ends[i] - starts[i])
    packed = np.zeros(longest // WORD + _ROOM, dtype=np.uint8)
    passed = np.empty(longest // WORD + 1, dtype=np.int64)
    n = 0
    for i in range(len(starts)):
        start, length = starts[i], ends[i] - starts[i]
        if length >= PIECE:
            _pack(text, start, length, packed)
            for s in range(_seeds(packed, (length - K) // WORD + 1, sieve.seeds, passed)):
                seed = WORD * passed[s]
                for first in range(max(0, seed - WORD + 1), min(seed, length - PIECE) + 1):
                    piece = int(load_u64(packed, first >> 2) >> np.uint64(2 * (first & 3)) & _BASES)
                    bit = (piece * _MIX & 0xFFFFFFFF) >> sieve.shift
                    found.read[n] = i  # no branch: the next candidate overwrites what is none
                    found.place[n] = start + first
                    found.piece[n] = piece
                    n += int(sieve.pieces[bit >> 3] >> (bit & 7) & 1)
    return n


@njit
def _pack(text: U8, start: int, length: int, packed: U8) -> None:
    """Write four bases to a byte, the first one lowest."""
    words = length // WORD
    for w in range(words):
        bits = load_u32(text, start + WORD * w) >> _U1 & _LETTERS
        packed[w] = np.uint8(bits | bits >> _U6 | bits >> _U12 | bits >> _U18)
    rest = 0
    for j in range(length - WORD * words):
        rest |= (int(text[start + WORD * words + j]) >> 1 & 3) << 2 * j
    packed[words] = rest


@njit
def _seeds(packed: U8, count: int, seeds: U8, passed: I64) -> int:
    """Write the bytes at which a seed of the table begins; no branch, so that many seeds cost no more than few."""
    n = 0
    for w in range(count):
        seed = int(load_u32(packed, w) & _SEED)
        passed[n] = w
        n += int(seeds[seed >> 3] >> (seed & 7) & 1)
    return n
