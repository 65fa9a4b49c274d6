"""FASTA text to bases: records of a header and any number of sequence lines in a buffer."""

from __future__ import annotations

from clonotrack.kernels.fastq import (
    BAD_BASE,
    BASE_CODES,
    LINE_FEED,
    NAME_NOT_ASCII,
    NO_BASE,
    NO_NAME,
    OK,
    RETURN,
    copy_name,
    is_blank,
)
from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8

GREATER = 62


@njit
def parse(
    buffer: U8, size: int, final: bool, codes: U8, offsets: I64, names: U8, name_offsets: I64
) -> tuple[int, int, int]:
    """Read as many whole records as `buffer` holds; a record is whole where the next begins, or no text follows.

    Arguments and result are those of `clonotrack.kernels.fastq.parse`, without scores; `codes` is as long as `buffer`,
    `offsets` at least ``size // 3 + 2``. Empty lines are passed over, and white space at the end of a file.
    """
    offsets[0] = name_offsets[0] = 0
    records = start = 0
    while start < size:
        position, length = copy_name(buffer, start + 1, size, names, name_offsets[records])
        if position == size:
            return records, start, OK
        if length < 1:
            return records, start, NO_NAME if length == 0 else NAME_NOT_ASCII
        written = offsets[records]
        at_line_start = True
        position += 1
        while position < size and not (at_line_start and buffer[position] == GREATER):
            byte = buffer[position]
            at_line_start = byte == LINE_FEED
            code = BASE_CODES[byte]
            if code != NO_BASE:
                codes[written] = code
                written += 1
            elif not at_line_start and not is_blank(buffer, position, size):
                if byte != RETURN or buffer[position + 1] != LINE_FEED:
                    return records, start, BAD_BASE
            position += 1
        if position == size and not final:
            return records, start, OK
        records += 1
        offsets[records] = written
        name_offsets[records] = name_offsets[records - 1] + length
        start = position
    return records, start, OK
