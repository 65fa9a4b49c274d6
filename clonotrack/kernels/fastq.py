"""Where the records of FASTQ text are: four-line records in a buffer, checked, nothing copied.

A line end is not searched where it can be guessed: sequences of a file are mostly of one length, and a guess that is
wrong shows itself, because a line feed is no base. The kernel says only where and of what kind a fault is;
`clonotrack.io.fastq` words it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.kernels.letters import LINE_FEED, RETURN, SPACE, is_ascii, is_blank, is_sequence, line_end
from clonotrack.kernels.quality import NO_QUALITY, error_bound
from clonotrack.sequence import I64, U8

OK, NO_AT, NO_NAME, NAME_NOT_ASCII, BAD_BASE, NO_PLUS, UNEQUAL, BAD_QUALITY, INCOMPLETE = range(9)

AT, PLUS = 64, 43


class Records(NamedTuple):
    """Places in a text, one of each for every record; all of one shape, as many as there is room for.

    Attributes:
        names: first letter of the name.
        starts: first base.
        ends: behind the last base.
        qualities: first quality; there are as many as bases.
        bounds: no fewer than the expected errors, see `clonotrack.kernels.quality.error_bound`.
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
