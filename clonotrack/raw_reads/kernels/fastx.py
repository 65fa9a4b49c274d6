"""Find the records of FASTQ and FASTA in text, check them, and compare the names of mates.

The FASTQ parser copies no text; it returns positions. Most sequences of a file have the same length, so the parser
guesses the end of a sequence from the sequence before. It searches for the line end only if the guess is wrong. A wrong
guess never goes unnoticed, because a line feed is no base. The kernels return the kind and the position of a fault;
`clonotrack.raw_reads.fastx` writes the message.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.kernels.swar import (
    BASE_CODES,
    LINE_FEED,
    NO_BASE,
    RETURN,
    SPACE,
    is_ascii,
    is_blank,
    is_sequence,
    line_end,
)
from clonotrack.raw_reads.kernels.quality import INVALID_QUALITY, expected_error_bound
from clonotrack.sequences import I64, U8

OK, NO_AT, NO_NAME, NAME_NOT_ASCII, BAD_BASE, NO_PLUS, UNEQUAL, BAD_QUALITY, INCOMPLETE = range(9)
"""Faults of a record: `OK` means no fault; `UNEQUAL` means that the numbers of bases and qualities differ."""

AT, PLUS, GREATER, SLASH, ONE, TWO = (ord(character) for character in "@+>/12")


class FastqRecords(NamedTuple):
    """Positions of FASTQ records in a text. All arrays have the shape (capacity,).

    Attributes:
        name_starts: position of the first character of each name.
        starts: position of the first base of each sequence.
        ends: position after the last base of each sequence.
        quality_starts: position of the first quality of each record.
        error_bounds: upper bound of the expected errors of each read, in thousandths of an error; see
            `raw_reads.kernels.quality.expected_error_bound`.
    """

    name_starts: I64
    starts: I64
    ends: I64
    quality_starts: I64
    error_bounds: I64

    @classmethod
    def with_capacity(cls, count: int) -> FastqRecords:
        """Allocate arrays for `count` records."""
        return cls(*(np.empty(count, dtype=np.int64) for _ in cls._fields))


@leaf
def parse_fastq(text: U8, start: int, size: int, final: bool, records: FastqRecords) -> tuple[int, int, int]:
    """Find the complete four-line FASTQ records of a text, at most the capacity of `records`.

    Args:
        text: ASCII; the last byte of a file is a line feed.
        start: position of the first record.
        size: position after the last byte of the text.
        final: whether the file ends with this text. Then an incomplete record is a fault.
        records: written.

    Returns:
        Number of records, the position after the last record, and the fault of the next record (`OK` if it has none).
    """
    count = guess = 0
    while start < size and count < len(records.starts):
        if text[start] != AT:
            if is_blank(text, start, size):
                return count, size if final else start, OK
            return count, start, NO_AT
        name_end = line_end(text, start + 1, size)
        if name_end == size:
            return count, start, INCOMPLETE if final else OK
        if not is_ascii(text, start + 1, name_end):
            return count, start, NAME_NOT_ASCII
        if text[start + 1] <= SPACE:
            return count, start, NO_NAME

        first = name_end + 1
        end = first + guess
        bases = guess
        if end >= size or text[end] != LINE_FEED or not is_sequence(text, first, end):
            end = line_end(text, first, size)
            if end == size:
                return count, start, INCOMPLETE if final else OK
            bases = end - first
            if bases > 0 and text[end - 1] == RETURN:
                bases -= 1
            if not is_sequence(text, first, first + bases):
                return count, start, BAD_BASE
            guess = end - first

        if end + 1 < size and text[end + 1] != PLUS:
            return count, start, NO_PLUS
        quality = line_end(text, end + 1, size) + 1
        end = quality + bases
        if end + 1 < size and text[end] == RETURN and text[end + 1] == LINE_FEED:
            end += 1
        if end >= size or text[end] != LINE_FEED:
            end = line_end(text, quality, size)
            if end < size:
                return count, start, UNEQUAL
            return count, start, INCOMPLETE if final else OK
        bound = expected_error_bound(text, quality, bases)
        if bound == INVALID_QUALITY:
            end = line_end(text, quality, size)
            if end > quality and text[end - 1] == RETURN:
                end -= 1
            return count, start, BAD_QUALITY if end - quality == bases else UNEQUAL

        records.name_starts[count] = start + 1
        records.starts[count] = first
        records.ends[count] = first + bases
        records.quality_starts[count] = quality
        records.error_bounds[count] = bound
        count += 1
        start = end + 1
    return count, start, OK


@leaf
def parse_fasta(
    text: U8, size: int, final: bool, unfolded: U8, name_starts: I64, starts: I64, ends: I64
) -> tuple[int, int, int]:
    """Copy the complete FASTA records of a text, each sequence on one line.

    A record is complete if another one follows or the file ends. Empty lines, and white space at the end of a file, are
    skipped.

    Args:
        text: begins with a record; the last byte of a file is a line feed.
        size: number of bytes of `text` to read.
        final: whether the file ends with this text.
        unfolded: written with the header line and the bases of each record; has at least the length of `text`.
        name_starts: written with the position in `unfolded` of each name, shape (``size // 3 + 2`` or more,).
        starts: written with the position in `unfolded` of the first base of each record, shape of `name_starts`.
        ends: written with the position in `unfolded` after the last base of each record, shape of `name_starts`.

    Returns:
        Number of records, the position in `text` after the last record, and the fault of the next record (`OK` if it
        has none).
    """
    records = start = written = 0
    while start < size:
        position = line_end(text, start + 1, size)
        if position == size:
            return records, start, OK
        if not is_ascii(text, start + 1, position):
            return records, start, NAME_NOT_ASCII
        if text[start + 1] <= SPACE:
            return records, start, NO_NAME
        name_starts[records] = written
        for i in range(start + 1, position + 1):
            unfolded[written] = text[i]
            written += 1
        starts[records] = written
        at_line_start = True
        position += 1
        while position < size and not (at_line_start and text[position] == GREATER):
            byte = text[position]
            at_line_start = byte == LINE_FEED
            if BASE_CODES[byte] != NO_BASE:
                unfolded[written] = byte
                written += 1
            elif not at_line_start and not is_blank(text, position, size):
                if byte != RETURN or text[position + 1] != LINE_FEED:
                    return records, start, BAD_BASE
            position += 1
        if position == size and not final:
            return records, start, OK
        ends[records] = written
        records += 1
        start = position
    return records, start, OK


@leaf
def first_name_mismatch(text_1: U8, names_1: I64, text_2: U8, names_2: I64) -> int:
    """Find the first pair of read names that do not belong to mates.

    Mates have equal names, or names that differ only by ``/1`` and ``/2`` at their ends. A space or control character
    ends a name and must follow each name.

    Args:
        text_1: ASCII text with the names of the first mates.
        names_1: position in `text_1` of the first character of each name, shape (n,).
        text_2: ASCII text with the names of the second mates.
        names_2: position in `text_2` of the first character of each name, shape (n,).

    Returns:
        Index of the pair; -1 if all pairs belong to mates.
    """
    for i in range(len(names_1)):
        one, two = names_1[i], names_2[i]
        while text_1[one] == text_2[two] and text_1[one] > SPACE:
            one, two = one + 1, two + 1
        if text_1[one] <= SPACE and text_2[two] <= SPACE:
            continue
        numbered = one > names_1[i] and text_1[one] == ONE and text_2[two] == TWO and text_1[one - 1] == SLASH
        if not numbered or text_1[one + 1] > SPACE or text_2[two + 1] > SPACE:
            return i
    return -1
