"""Write the text of table columns as bytes: bases, CIGARs, amino acids.

A function that returns arrays allocates them in Python. The compiled function of the same name with a leading
underscore fills these arrays.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.arrays import readonly, wide
from clonotrack.kernels.jit import constant, leaf
from clonotrack.sequences import AMINO_ACIDS, I32, I64, U8, UNKNOWN_CODON, Bool, offsets_of

OPERATIONS: U8 = np.frombuffer(b"MID", dtype=np.uint8)
ALIGNED, GERMLINE_SKIP, SOFT_CLIP, PARTIAL_CODON = (constant(ord(letter)) for letter in "MNS#")
# Most bytes of one CIGAR operation: up to 19 digits of an int64, and the character of the operation.
MAX_OPERATION_BYTES = 20


def map_bytes(values: U8, table: U8) -> U8:
    """Replace each value v by ``table[v]``, for example codes by ASCII bases.

    Args:
        values: shape (n,).
        table: new value of each old value; longer than the largest old value.

    Returns:
        Shape (n,).
    """
    mapped = np.empty(len(values), dtype=np.uint8)
    _map_bytes(readonly(values), readonly(table), mapped)
    return mapped


@leaf
def _map_bytes(values: U8, table: U8, mapped: U8) -> None:
    """Write the values; see `map_bytes`."""
    for i in range(len(values)):
        mapped[i] = table[values[i]]


def reverse_rows(values: U8, offsets: I64) -> U8:
    """Reverse the order of the values in each row of a ragged array.

    Args:
        values: values of all rows.
        offsets: row i is ``values[offsets[i]:offsets[i + 1]]``, shape (n + 1,); valid for the result too.

    Returns:
        Values of the reversed rows, shape of `values`.
    """
    reversed_values = np.empty_like(values)
    _reverse_rows(readonly(values), offsets, reversed_values)
    return reversed_values


@leaf
def _reverse_rows(values: U8, offsets: I64, reversed_values: U8) -> None:
    """Write the rows; see `reverse_rows`."""
    for i in range(len(offsets) - 1):
        source, target = values[offsets[i] : offsets[i + 1]], reversed_values[offsets[i] : offsets[i + 1]]
        for j in range(len(source)):
            target[j] = source[len(source) - 1 - j]


@leaf
def write_operation(text: U8, position: int, length: int, operation: int) -> int:
    """Write one CIGAR operation, for example ``12M``; write nothing if the length is 0 or less.

    Args:
        text: written.
        position: index in `text` at which to write.
        length: length of the operation.
        operation: ASCII code of the operation.

    Returns:
        Index in `text` after the last byte written.
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
        start: 0-based position of the first aligned base in each read, shape (n,).
        end: position after the last aligned base of each read, shape (n,).
        germline_start: 0-based position of the first aligned base in the allele, shape (n,).
        lengths: length of each read [nt], shape (n,).
        absent: True if a read has no alignment, shape (n,).
        operations: kind (index in `OPERATIONS`) and length of each operation of the alignments with gaps, shape (m, 2).
        first_operation: row in `operations` of the first operation of each alignment, shape (n,).
        last_operation: row after the last operation of each alignment, shape (n,). It equals `first_operation` if the
            alignment has no gaps.

    Returns:
        ASCII bytes of all CIGARs, and offsets, shape (n + 1,). The CIGAR of a read without alignment is empty.
    """
    text = np.empty(MAX_OPERATION_BYTES * (4 * len(start) + len(operations)), dtype=np.uint8)
    offsets = np.zeros(len(start) + 1, dtype=np.int64)
    start, end, germline_start, lengths = map(np.ascontiguousarray, (start, end, germline_start, lengths))
    first_operation, last_operation = map(np.ascontiguousarray, (first_operation, last_operation))
    _write_cigars(
        start, end, germline_start, lengths, absent, operations, first_operation, last_operation, text, offsets
    )
    return text[: offsets[-1]], offsets


@leaf
def _write_cigars(
    start: I64,
    end: I64,
    germline_start: I64,
    lengths: I64,
    absent: Bool,
    operations: I32,
    first_operation: I64,
    last_operation: I64,
    text: U8,
    offsets: I64,
) -> None:
    """Write the bytes of all CIGARs to `text`, and the end of each CIGAR to `offsets`; see `write_cigars`."""
    position = 0
    for i in range(len(start)):
        if not absent[i]:
            position = write_operation(text, position, start[i], SOFT_CLIP)
            position = write_operation(text, position, germline_start[i], GERMLINE_SKIP)
            for k in range(first_operation[i], last_operation[i]):
                kind = wide(OPERATIONS[operations[k, 0]])
                position = write_operation(text, position, wide(operations[k, 1]), kind)
            if first_operation[i] == last_operation[i]:
                position = write_operation(text, position, end[i] - start[i], ALIGNED)
            position = write_operation(text, position, lengths[i] - end[i], SOFT_CLIP)
        offsets[i + 1] = position


def translate_rows(codes: U8, start: I64, length: I64) -> tuple[U8, I64]:
    """Translate one stretch of each of many sequences.

    ``#`` stands for an incomplete last codon, ``X`` for a codon with an unknown base, ``*`` for a stop codon.

    Args:
        codes: bases of all sequences.
        start: index in `codes` of the first base of each stretch, shape (n,).
        length: length of each stretch [nt], shape (n,). A length of 0 or less gives an empty translation.

    Returns:
        Amino acids of all stretches as ASCII bytes, and offsets, shape (n + 1,).
    """
    offsets = offsets_of((np.maximum(length, 0) + 2) // 3)
    residues = np.empty(offsets[-1], dtype=np.uint8)
    _translate_rows(codes, np.ascontiguousarray(start), np.ascontiguousarray(length), offsets, residues)
    return residues, offsets


@leaf
def _translate_rows(codes: U8, start: I64, length: I64, offsets: I64, residues: U8) -> None:
    """Write the amino acids; see `translate_rows`."""
    for i in range(len(start)):
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
