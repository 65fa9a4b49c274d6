"""Text for tables, letter by letter: codes to letters, CIGARs, amino acids."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import AMINO_ACIDS, I32, I64, U8, UNKNOWN_CODON, Bool

OPERATIONS: U8 = np.frombuffer(b"MID", dtype=np.uint8)
SKIPPED, CLIPPED, BROKEN = ord("N"), ord("S"), ord("#")
# Digits of a length in a CIGAR, and its letter.
LONGEST_OPERATION = 20


@njit
def spell(codes: U8, alphabet: U8) -> U8:
    """The letter of every code, or the code of every letter."""
    letters = np.empty(len(codes), dtype=np.uint8)
    for i in range(len(codes)):
        letters[i] = alphabet[codes[i]]
    return letters


@njit
def turn(letters: U8, offsets: I64) -> U8:
    """The texts from their end to their start."""
    written = np.empty_like(letters)
    for i in range(len(offsets) - 1):
        source, target = letters[offsets[i] : offsets[i + 1]], written[offsets[i] : offsets[i + 1]]
        for at in range(len(source)):
            target[at] = source[len(source) - 1 - at]
    return written


@njit
def write_operation(letters: U8, at: int, length: int, operation: int) -> int:
    """Write ``<length><operation>``, nothing for a length of 0; the place behind it."""
    if length <= 0:
        return at
    digits = 1
    rest = length // 10
    while rest > 0:
        rest //= 10
        digits += 1
    for place in range(at + digits - 1, at - 1, -1):
        letters[place] = 48 + length % 10
        length //= 10
    letters[at + digits] = operation
    return at + digits + 1


@njit
def spell_cigars(
    start: I64,
    end: I64,
    germline_start: I64,
    lengths: I64,
    absent: Bool,
    pieces: I32,
    first_piece: I64,
    last_piece: I64,
) -> tuple[U8, I64]:
    """CIGARs: read clipped (S), germline skipped (N), the alignment, the rest of the read (S).

    Args:
        start: first aligned base of each read.
        end: the base behind the last.
        germline_start: first aligned base of the allele.
        lengths: of the reads.
        absent: where there is no alignment.
        pieces: kind and length of the pieces of alignments with gaps, shape (.., 2).
        first_piece: of each alignment.
        last_piece: the piece behind its last; the first, where there are no gaps.

    Returns:
        Letters of all CIGARs and their offsets.
    """
    rows = len(start)
    letters = np.empty(LONGEST_OPERATION * (4 * rows + len(pieces)), dtype=np.uint8)
    offsets = np.zeros(rows + 1, dtype=np.int64)
    at = 0
    for i in range(rows):
        if not absent[i]:
            at = write_operation(letters, at, start[i], CLIPPED)
            at = write_operation(letters, at, germline_start[i], SKIPPED)
            for p in range(first_piece[i], last_piece[i]):
                at = write_operation(letters, at, pieces[p, 1], OPERATIONS[pieces[p, 0]])
            if first_piece[i] == last_piece[i]:
                at = write_operation(letters, at, end[i] - start[i], OPERATIONS[0])
            at = write_operation(letters, at, lengths[i] - end[i], CLIPPED)
        offsets[i + 1] = at
    return letters[:at], offsets


@njit
def spell_amino_acids(codes: U8, start: I64, length: I64) -> tuple[U8, I64]:
    """Translate a stretch of each of many sequences; # stands for a last codon that is not complete.

    Args:
        codes: bases of all sequences.
        start: first base of each stretch.
        length: bases of each stretch, 0 or less for none.

    Returns:
        Letters of all translations and their offsets.
    """
    rows = len(start)
    offsets = np.zeros(rows + 1, dtype=np.int64)
    for i in range(rows):
        offsets[i + 1] = offsets[i] + (max(0, length[i]) + 2) // 3
    letters = np.empty(offsets[rows], dtype=np.uint8)
    for i in range(rows):
        for residue in range(offsets[i + 1] - offsets[i]):
            if 3 * residue + 3 > length[i]:
                letters[offsets[i] + residue] = BROKEN
                continue
            codon = 0
            known = True
            for base in range(start[i] + 3 * residue, start[i] + 3 * residue + 3):
                known = known and codes[base] < 4
                codon = 4 * codon + codes[base]
            letters[offsets[i] + residue] = AMINO_ACIDS[codon if known else UNKNOWN_CODON]
    return letters, offsets
