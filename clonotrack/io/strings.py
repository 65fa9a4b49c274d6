"""Columns of text from letters in an array, and back."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.kernels.text import lines
from clonotrack.sequence import I64, U8

# Stands in no text, so that a line is one field.
_SEPARATOR = "\x01"


def strings(letters: U8, offsets: I64) -> pl.Series:
    """Text i is ``letters[offsets[i]:offsets[i + 1]]``, printable ASCII; null where it is empty.

    The texts are read as a table of one column: no object of Python's is made for any of them.
    """
    if len(offsets) == 1:
        return pl.Series(dtype=pl.String)
    table = lines(letters, offsets).tobytes()
    schema = {"text": pl.String}
    frame = pl.read_csv(table, has_header=False, separator=_SEPARATOR, quote_char=None, schema=schema)
    return frame.to_series().rechunk().alias("")


def letters_of(texts: pl.Series) -> tuple[U8, I64]:
    """The bytes of all texts, one after the other, and their offsets."""
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(texts.str.len_bytes().to_numpy(), out=offsets[1:])
    return np.frombuffer(texts.str.join("").item().encode(), dtype=np.uint8), offsets
