"""Represent nucleotide sequences as arrays: encode, decode, reverse-complement, translate.

A base is a code: A 0, C 1, G 2, T or U 3, every other character (N, IUPAC ambiguity codes) 4. A `Ragged` holds many
sequences in two arrays, codes and offsets, so that kernels need no Python objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

U8: TypeAlias = NDArray[np.uint8]
U64: TypeAlias = NDArray[np.uint64]
I16: TypeAlias = NDArray[np.int16]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
F64: TypeAlias = NDArray[np.float64]
Bool: TypeAlias = NDArray[np.bool_]

BASES = "ACGTN"
N = 4

ENCODE: U8 = np.full(256, N, dtype=np.uint8)
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
    for _letter in _letters:
        ENCODE[ord(_letter)] = _code
DECODE: U8 = np.frombuffer(BASES.encode(), dtype=np.uint8)
COMPLEMENT: U8 = np.array([3, 2, 1, 0, N], dtype=np.uint8)

AMINO_ACIDS: U8 = np.frombuffer(b"KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLFX", dtype=np.uint8)
UNKNOWN_CODON = 64
_TRANSLATE = str.maketrans("ACGTUNacgtun", "TGCAANtgcaan")


def encode(sequence: str) -> U8:
    """Encode the bases of one sequence as codes, shape (len(sequence),)."""
    return ENCODE[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]


def decode(codes: U8) -> str:
    """Decode codes to upper-case bases; N for every unknown base."""
    return DECODE[codes].tobytes().decode("ascii")


def reverse_complement(sequence: str) -> str:
    """Reverse-complement a sequence; each base keeps its letter case."""
    return sequence.translate(_TRANSLATE)[::-1]


def translate(sequence: str) -> str:
    """Translate the complete codons of a sequence, from its first base on, by the standard genetic code.

    In the result, ``*`` is a stop codon and X is a codon with an unknown base. One or two bases that remain at the end
    are not translated.
    """
    codes = encode(sequence).astype(np.int64)
    codons = codes[: len(codes) // 3 * 3].reshape(-1, 3)
    index = np.where((codons > 3).any(axis=1), UNKNOWN_CODON, codons @ np.array([16, 4, 1]))
    return AMINO_ACIDS[index].tobytes().decode("ascii")


def offsets_of(lengths: Sequence[int] | I64) -> I64:
    """Compute the offsets of n concatenated sequences from their lengths.

    Returns:
        Shape (n + 1,): element i is the start of sequence i in the concatenated array, the last element is its end.
    """
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


@dataclass(frozen=True, slots=True)
class Ragged:
    """Many sequences of unequal length in one array.

    Attributes:
        codes: base codes of the concatenated sequences, uint8, shape (total nt,).
        offsets: shape (n + 1,), int64; sequence i is ``codes[offsets[i]:offsets[i + 1]]``.
    """

    codes: U8
    offsets: I64

    @classmethod
    def from_strings(cls, sequences: Iterable[str]) -> Ragged:
        """Encode sequences, in their order."""
        items = list(sequences)
        return cls(encode("".join(items)), offsets_of([len(item) for item in items]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> U8:
        return self.codes[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[U8]:
        return (self[index] for index in range(len(self)))

    @property
    def lengths(self) -> I64:
        """Length of each sequence [nt], shape (n,)."""
        return np.diff(self.offsets)

    def to_strings(self) -> list[str]:
        """Decode each sequence to upper-case bases."""
        letters = DECODE[self.codes].tobytes().decode("ascii")
        bounds = self.offsets.tolist()
        return [letters[start:end] for start, end in pairwise(bounds)]

    def take(self, index: I64) -> Ragged:
        """Copy the sequences with the row numbers `index`, in the order of `index`, to a new ragged array."""
        lengths = self.lengths[index]
        offsets = offsets_of(lengths)
        source = np.repeat(self.offsets[:-1][index] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Ragged(self.codes[source], offsets)
