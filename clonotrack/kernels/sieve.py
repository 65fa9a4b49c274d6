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

from clonotrack.kernels.jit import leaf
from clonotrack.kernels.loads import load_u32, load_u64
from clonotrack.sequence import I64, U8

PIECE = 13
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
