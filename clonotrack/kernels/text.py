"""Write the text of table columns as bytes: bases, CIGARs, amino acids."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import AMINO_ACIDS, I32, I64, U8, UNKNOWN_CODON, Bool

OPERATIONS: U8 = np.frombuffer(b"MID", dtype=np.uint8)
GERMLINE_SKIP, SOFT_CLIP, PARTIAL_CODON = ord("N"), ord("S"), ord("#")
# Most bytes of one CIGAR operation: the digits of its length and its letter.
MAX_OPERATION_BYTES = 20


@njit
def map_bytes(values: U8, table: U8) -> U8:
    """Replace each value v by ``table[v]``: codes to ASCII bases, or ASCII bases to codes."""
    mapped = np.empty(len(values), dtype=np.uint8)
    for i in range(len(values)):
        mapped[i] = table[values[i]]
    return mapped


@njit
def reverse_rows(values: U8, offsets: I64) -> U8:
    """Reverse each row of a ragged array; the offsets stay."""
    reversed_values = np.empty_like(values)
    for i in range(len(offsets) - 1):
        source, target = values[offsets[i] : offsets[i + 1]], reversed_values[offsets[i] : offsets[i + 1]]
        for j in range(len(source)):
            target[j] = source[len(source) - 1 - j]
    return reversed_values


@njit
def write_operation(text: U8, position: int, length: int, operation: int) -> int:
    """Write ``<length><operation>`` at a position; write nothing if the length is 0 or less.

    Returns:
        The position after what was written.
    """
    if length <= 0:
        return position
    digits = 1
    rest = length // 10
    while rest > 0:
        rest //= 10
        digits += 1
    for digit in range(position + digits - 1, position - 1, -1):
        text[digit] = 48 + length % 10
        length //= 10
    text[position + digits] = operation
    return position + digits + 1


@njit
def write_cigars(
    start: I64,
    end: I64,
    germline_start: I64,
    lengths: I64,
    absent: Bool,
    operations: I32,
    first_operation: I64,
    last_operation: I64,
) -> tuple[U8, I64]:
    """Write CIGARs: read before the alignment (S), germline before it (N), alignment, read after it (S).

    Args:
        start: first aligned base of each read, shape (n,).
        end: the base after the last aligned one.
        germline_start: first aligned base of the allele.
        lengths: of the reads.
        absent: whether there is no alignment.
        operations: kind (index of `OPERATIONS`) and length of the operations of alignments with gaps, shape (.., 2).
        first_operation: of each alignment.
        last_operation: the one after its last; equal to the first if the alignment has no gaps.

    Returns:
        Bytes of all CIGARs and their offsets; empty if there is no alignment.
    """
    rows = len(start)
    text = np.empty(MAX_OPERATION_BYTES * (4 * rows + len(operations)), dtype=np.uint8)
    offsets = np.zeros(rows + 1, dtype=np.int64)
    position = 0
    for i in range(rows):
        if not absent[i]:
            position = write_operation(text, position, start[i], SOFT_CLIP)
            position = write_operation(text, position, germline_start[i], GERMLINE_SKIP)
            for k in range(first_operation[i], last_operation[i]):
                position = write_operation(text, position, operations[k, 1], OPERATIONS[operations[k, 0]])
            if first_operation[i] == last_operation[i]:
                position = write_operation(text, position, end[i] - start[i], OPERATIONS[0])
            position = write_operation(text, position, lengths[i] - end[i], SOFT_CLIP)
        offsets[i + 1] = position
    return text[:position], offsets


@njit
def translate_rows(codes: U8, start: I64, length: I64) -> tuple[U8, I64]:
    """Translate one stretch of each of many sequences; # stands for an incomplete last codon.

    Args:
        codes: bases of all sequences.
        start: first base of each stretch in `codes`, shape (n,).
        length: bases of each stretch, 0 or less for none.

    Returns:
        Amino acids of all stretches as ASCII, and their offsets; X for a codon with an unknown base.
    """
    rows = len(start)
    offsets = np.zeros(rows + 1, dtype=np.int64)
    for i in range(rows):
        offsets[i + 1] = offsets[i] + (max(0, length[i]) + 2) // 3
    residues = np.empty(offsets[rows], dtype=np.uint8)
    for i in range(rows):
        for residue in range(offsets[i + 1] - offsets[i]):
            if 3 * residue + 3 > length[i]:
                residues[offsets[i] + residue] = PARTIAL_CODON
                continue
            codon = 0
            known = True
            for base in range(start[i] + 3 * residue, start[i] + 3 * residue + 3):
                known = known and codes[base] < 4
                codon = 4 * codon + codes[base]
            residues[offsets[i] + residue] = AMINO_ACIDS[codon if known else UNKNOWN_CODON]
    return residues, offsets
