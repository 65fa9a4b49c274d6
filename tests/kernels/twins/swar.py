"""Lines of text and rows of it, letter by letter."""

import re

from tests.raw_reads.twins.fastq import CODES, IUPAC


def line_end(text, start, size):
    """Position of the first line feed, `size` where there is none."""
    place = text.find(b"\n", start, size)
    return size if place < 0 else place


def is_ascii(text, start, end):
    return text[start:end].isascii()


def is_sequence(text, start, end):
    return re.fullmatch(f"[{IUPAC}]*", text[start:end].decode("latin-1"), re.IGNORECASE | re.ASCII) is not None


def word_ends(text, starts):
    """Where the words end that begin at `starts`."""
    return [start + len(re.split(rb"[\x00-\x20]", text[start:])[0]) for start in starts]


def encode_rows(rows):
    """Codes of each row of letters."""
    return [[CODES.get(letter, 4) for letter in row.upper()] for row in rows]


def copy_rows(rows, less):
    """Each byte of each row, less a number."""
    return [[byte - less for byte in row] for row in rows]
