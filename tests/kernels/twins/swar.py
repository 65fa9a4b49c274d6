"""Naive twins of `clonotrack.kernels.swar`, on Python strings and bytes."""

import re

from tests.raw_reads.twins.fastx import CODES, IUPAC


def line_end(text, start, size):
    """Position of the first line feed; `size` if there is none."""
    position = text.find(b"\n", start, size)
    return size if position < 0 else position


def is_ascii(text, start, end):
    return text[start:end].isascii()


def is_sequence(text, start, end):
    return re.fullmatch(f"[{IUPAC}]*", text[start:end].decode("latin-1"), re.IGNORECASE | re.ASCII) is not None


def word_ends(text, starts):
    """The byte after each word."""
    return [start + len(re.split(rb"[\x00-\x20]", text[start:])[0]) for start in starts]


def encode_rows(rows):
    """Codes of each row of bases."""
    return [[CODES.get(letter, 4) for letter in row.upper()] for row in rows]


def copy_rows(rows, subtract):
    """Each byte of each row minus a number."""
    return [[byte - subtract for byte in row] for row in rows]
