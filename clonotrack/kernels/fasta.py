"""FASTA text to sequences in one piece each: records of a header and any number of sequence lines in a buffer."""

from __future__ import annotations

from clonotrack.kernels.fastq import BAD_BASE, NAME_NOT_ASCII, NO_NAME, OK
from clonotrack.kernels.jit import njit
from clonotrack.kernels.letters import BASE_CODES, LINE_FEED, NO_BASE, RETURN, SPACE, is_ascii, is_blank, line_end
from clonotrack.sequence import I64, U8

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
