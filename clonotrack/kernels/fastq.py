"""FASTQ text to bases and Phred scores: four-line records in a buffer.

A line end is not searched where it can be guessed: sequences of a file are mostly of one length, and a guess that is
wrong shows itself, because a line feed is no base. What is left are loops over whole lines that the compiler makes
into vector instructions. The kernels say only where and of what kind a fault is; `clonotrack.io.fastq` words it.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import ENCODE, I64, U8, N

OK, NO_AT, NO_NAME, NAME_NOT_ASCII, BAD_BASE, NO_PLUS, UNEQUAL, BAD_QUALITY, INCOMPLETE = range(9)

LINE_FEED, RETURN, SPACE, TAB, AT, PLUS = 10, 13, 32, 9, 64, 43
NO_BASE = 255
HIGHEST_QUALITY = 93

BASE_CODES: U8 = np.full(256, NO_BASE, dtype=np.uint8)
"""Code of every letter that IUPAC has for a base, ambiguity codes as N; `NO_BASE` for all other bytes."""
for _letter in b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv":
    BASE_CODES[_letter] = ENCODE[_letter]


@njit
def encode_plain(text: U8, codes: U8) -> bool:
    """Encode a line of A, C, G, T, U of either case by arithmetic; False where it holds anything else.

    Bits 1 and 2 of a letter tell its base. The other bits of A, C and G are those of A; T and U differ from it in
    bit 4, and from each other in bit 0.
    """
    byte = np.uint8
    worst = byte(0)
    for i in range(len(text)):
        letter = text[i]
        base = byte(byte(letter >> byte(1)) & byte(3))
        thymine = byte(byte(base >> byte(1)) & byte(base ^ byte(1)))
        codes[i] = byte(base ^ byte(base >> byte(1)))
        rest = byte(byte(letter & byte(0xD9)) ^ byte(65))
        worst = max(worst, byte(byte(rest ^ byte(thymine << byte(4))) & byte(thymine ^ byte(255))))
    return bool(worst == 0)


@njit
def encode_any(text: U8, codes: U8) -> bool:
    """Encode a line of IUPAC bases; False where it holds anything else."""
    worst = np.uint8(0)
    for i in range(len(text)):
        code = BASE_CODES[text[i]]
        codes[i] = code
        worst = max(worst, code)
    return bool(worst <= N)


@njit
def encode_qualities(text: U8, scores: U8) -> bool:
    """Subtract 33; False where a byte is outside ``!`` to ``~``."""
    worst = np.uint8(0)
    for i in range(len(text)):
        score = np.uint8((np.int64(text[i]) + 223) & 255)
        scores[i] = score
        worst = max(worst, score)
    return bool(worst <= HIGHEST_QUALITY)


@njit
def line_end(buffer: U8, start: int, size: int) -> int:
    """Position of the first line feed from `start` on; `size` where there is none."""
    for position in range(start, size):
        if buffer[position] == LINE_FEED:
            return position
    return size


@njit
def is_blank(buffer: U8, start: int, size: int) -> bool:
    """Whether nothing but line ends, spaces and tabs is left."""
    for position in range(start, size):
        byte = buffer[position]
        if byte not in (LINE_FEED, RETURN, SPACE, TAB):
            return False
    return True


@njit
def copy_name(buffer: U8, start: int, size: int, names: U8, written: int) -> tuple[int, int]:
    """Copy the first word of a header line to `names`.

    Returns:
        Position of the line feed, `size` where there is none, and length of the word, -1 where the line is not ASCII.
    """
    high = np.uint8(0)
    position = start
    while position < size and buffer[position] > SPACE:
        names[written + position - start] = buffer[position]
        high |= buffer[position]
        position += 1
    length = position - start
    while position < size and buffer[position] != LINE_FEED:
        high |= buffer[position]
        position += 1
    return position, -1 if high > 127 else length


@njit
def parse(
    buffer: U8, size: int, final: bool, codes: U8, scores: U8, offsets: I64, names: U8, name_offsets: I64
) -> tuple[int, int, int]:
    """Read as many whole records as `buffer` holds.

    Args:
        buffer: text that begins with a record; the last byte of a file is a line feed.
        size: how much of it is text.
        final: no text follows, so that an incomplete record is a fault.
        codes: filled with bases; at least `size` long, as `scores` and `names` are.
        scores: filled with Phred scores, at the offsets of the bases.
        offsets: filled; sequence i is ``codes[offsets[i]:offsets[i + 1]]``; at least ``size // 7 + 2`` long.
        names: filled with the first words of the headers.
        name_offsets: filled as `offsets`, for `names`.

    Returns:
        Number of records, bytes they took, and a fault of the record after them (`OK` for none).
    """
    offsets[0] = name_offsets[0] = 0
    records = written = named = start = guess = 0
    while start < size:
        if buffer[start] != AT:
            if is_blank(buffer, start, size):
                return records, size if final else start, OK
            return records, start, NO_AT
        name_end, length = copy_name(buffer, start + 1, size, names, named)
        if name_end == size:
            return records, start, INCOMPLETE if final else OK
        if length < 1:
            return records, start, NO_NAME if length == 0 else NAME_NOT_ASCII

        first = name_end + 1
        end = first + guess
        bases = guess
        plain = (
            end < size
            and buffer[end] == LINE_FEED
            and encode_plain(buffer[first:end], codes[written : written + bases])
        )
        if not plain:
            end = line_end(buffer, first, size)
            if end == size:
                return records, start, INCOMPLETE if final else OK
            bases = end - first
            if bases > 0 and buffer[end - 1] == RETURN:
                bases -= 1
            text, target = buffer[first : first + bases], codes[written : written + bases]
            if not (encode_plain(text, target) or encode_any(text, target)):
                return records, start, BAD_BASE
            guess = end - first

        if end + 1 < size and buffer[end + 1] != PLUS:
            return records, start, NO_PLUS
        plus_end = line_end(buffer, end + 1, size)
        first = plus_end + 1
        end = first + bases
        if end + 1 < size and buffer[end] == RETURN and buffer[end + 1] == LINE_FEED:
            end += 1
        if end >= size or buffer[end] != LINE_FEED:
            end = line_end(buffer, first, size)
            if end < size:
                return records, start, UNEQUAL
            return records, start, INCOMPLETE if final else OK
        if not encode_qualities(buffer[first : first + bases], scores[written : written + bases]):
            end = line_end(buffer, first, size)
            if end > first and buffer[end - 1] == RETURN:
                end -= 1
            return records, start, BAD_QUALITY if end - first == bases else UNEQUAL

        records += 1
        written += bases
        named += length
        offsets[records] = written
        name_offsets[records] = named
        start = end + 1
    return records, start, OK
