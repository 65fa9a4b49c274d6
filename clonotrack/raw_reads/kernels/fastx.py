"""Where the records of FASTQ text are: four-line records in a buffer, checked, nothing copied.

A line end is not searched where it can be guessed: sequences of a file are mostly of one length, and a guess that is
wrong shows itself, because a line feed is no base. The kernel says only where and of what kind a fault is;
`clonotrack.raw_reads.fastx` words it.

FASTA text to sequences in one piece each: records of a header and any number of sequence lines in a buffer.

Names of mates, compared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
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
from clonotrack.raw_reads.kernels.quality import NO_QUALITY, error_bound
from clonotrack.sequences import I64, U8

OK, NO_AT, NO_NAME, NAME_NOT_ASCII, BAD_BASE, NO_PLUS, UNEQUAL, BAD_QUALITY, INCOMPLETE = range(9)

AT, PLUS = 64, 43


class Records(NamedTuple):
    """Places in a text, one of each for every record; all of one shape, as many as there is room for.

    Attributes:
        names: first letter of the name.
        starts: first base.
        ends: behind the last base.
        qualities: first quality; there are as many as bases.
        bounds: no fewer than the expected errors, see `clonotrack.raw_reads.kernels.quality.error_bound`.
    """

    names: I64
    starts: I64
    ends: I64
    qualities: I64
    bounds: I64

    @classmethod
    def room(cls, count: int) -> Records:
        """Room for `count` records."""
        return cls(*(np.empty(count, dtype=np.int64) for _ in cls._fields))


@njit
def index(text: U8, start: int, size: int, final: bool, records: Records) -> tuple[int, int, int]:
    """Find as many whole records as the text holds and `records` has room for.

    Args:
        text: the last byte of a file is a line feed.
        start: where a record begins.
        size: where the text ends.
        final: no text follows, so that an incomplete record is a fault.
        records: filled.

    Returns:
        Number of records, where they end, and a fault of the record after them (`OK` for none).
    """
    found = guess = 0
    while start < size and found < len(records.starts):
        if text[start] != AT:
            if is_blank(text, start, size):
                return found, size if final else start, OK
            return found, start, NO_AT
        name_end = line_end(text, start + 1, size)
        if name_end == size:
            return found, start, INCOMPLETE if final else OK
        if not is_ascii(text, start + 1, name_end):
            return found, start, NAME_NOT_ASCII
        if text[start + 1] <= SPACE:
            return found, start, NO_NAME

        first = name_end + 1
        end = first + guess
        bases = guess
        if end >= size or text[end] != LINE_FEED or not is_sequence(text, first, end):
            end = line_end(text, first, size)
            if end == size:
                return found, start, INCOMPLETE if final else OK
            bases = end - first
            if bases > 0 and text[end - 1] == RETURN:
                bases -= 1
            if not is_sequence(text, first, first + bases):
                return found, start, BAD_BASE
            guess = end - first

        if end + 1 < size and text[end + 1] != PLUS:
            return found, start, NO_PLUS
        quality = line_end(text, end + 1, size) + 1
        end = quality + bases
        if end + 1 < size and text[end] == RETURN and text[end + 1] == LINE_FEED:
            end += 1
        if end >= size or text[end] != LINE_FEED:
            end = line_end(text, quality, size)
            if end < size:
                return found, start, UNEQUAL
            return found, start, INCOMPLETE if final else OK
        bound = error_bound(text, quality, bases)
        if bound == NO_QUALITY:
            end = line_end(text, quality, size)
            if end > quality and text[end - 1] == RETURN:
                end -= 1
            return found, start, BAD_QUALITY if end - quality == bases else UNEQUAL

        records.names[found] = start + 1
        records.starts[found] = first
        records.ends[found] = first + bases
        records.qualities[found] = quality
        records.bounds[found] = bound
        found += 1
        start = end + 1
    return found, start, OK


GREATER = 62


@njit
def unfold(buffer: U8, size: int, final: bool, letters: U8, names: I64, starts: I64, ends: I64) -> tuple[int, int, int]:
    """Copy as many whole records as `buffer` holds; a record is whole where the next begins, or no text follows.

    Empty lines are passed over, and white space at the end of a file.

    Args:
        buffer: text that begins with a record; the last byte of a file is a line feed.
        size: how much of it is text.
        final: no text follows.
        letters: filled with the header and the bases of each record; at least as long as `buffer`.
        names: filled with the places of the names in `letters`; as long as the next two, ``size // 3 + 2`` or more.
        starts: filled with those of the first bases.
        ends: filled with those behind the last bases.

    Returns:
        Number of records, bytes they took, and a fault of the record after them (`OK` for none).
    """
    records = start = written = 0
    while start < size:
        position = line_end(buffer, start + 1, size)
        if position == size:
            return records, start, OK
        if not is_ascii(buffer, start + 1, position):
            return records, start, NAME_NOT_ASCII
        if buffer[start + 1] <= SPACE:
            return records, start, NO_NAME
        names[records] = written
        for i in range(start + 1, position + 1):
            letters[written] = buffer[i]
            written += 1
        starts[records] = written
        at_line_start = True
        position += 1
        while position < size and not (at_line_start and buffer[position] == GREATER):
            byte = buffer[position]
            at_line_start = byte == LINE_FEED
            if BASE_CODES[byte] != NO_BASE:
                letters[written] = byte
                written += 1
            elif not at_line_start and not is_blank(buffer, position, size):
                if byte != RETURN or buffer[position + 1] != LINE_FEED:
                    return records, start, BAD_BASE
            position += 1
        if position == size and not final:
            return records, start, OK
        ends[records] = written
        records += 1
        start = position
    return records, start, OK


SLASH, ONE, TWO = 47, 49, 50


@njit
def disagreement(text_1: U8, names_1: I64, text_2: U8, names_2: I64) -> int:
    """Index of the first pair of names that are not those of mates, -1 where there is none.

    Mates have one name, or one name with ``/1`` and ``/2`` behind it. A name is a word: a space or control character
    stands behind it.

    Args:
        text_1: holds the first mates' names.
        names_1: their first letters.
        text_2: holds as many second mates' names.
        names_2: the same for them.
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
