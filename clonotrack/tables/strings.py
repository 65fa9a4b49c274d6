"""Columns of text from letters in an array, and back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.sequence import I64, U8


def strings(letters: U8, offsets: I64) -> pl.Series:
    """Text i is ``letters[offsets[i]:offsets[i + 1]]``, ASCII; null where it is empty."""
    text = letters.tobytes().decode("ascii")
    return pl.Series([text[start:end] or None for start, end in pairwise(offsets.tolist())], dtype=pl.String)


def letters_of(texts: pl.Series) -> tuple[U8, I64]:
    """The bytes of all texts, one after the other, and their offsets."""
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(texts.str.len_bytes().to_numpy(), out=offsets[1:])
    return np.frombuffer(texts.str.join("").item().encode(), dtype=np.uint8), offsets
