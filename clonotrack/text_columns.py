"""Columns of text from letters in an array, and back."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.sequences import I64, U8, offsets_of


def strings(letters: U8, offsets: I64) -> pl.Series:
    """Text i is ``letters[offsets[i]:offsets[i + 1]]``, ASCII; null where it is empty."""
    return pieces(one_text(letters), offsets[:-1], np.diff(offsets))


def one_text(letters: U8) -> pl.Series:
    """All letters as the one value of a column, for `pieces`."""
    return pl.Series([letters.tobytes()])


def pieces(text: pl.Series, starts: I64, lengths: I64) -> pl.Series:
    """Piece i is the `lengths[i]` letters of a text from `starts[i]` on, ASCII; null where there is none.

    Polars cuts them: no object of Python's is made for any of them.
    """
    spans = pl.DataFrame({"start": starts, "length": np.maximum(lengths, 0)})
    cut = pl.lit(text).bin.slice("start", "length").cast(pl.String)
    return spans.select(pl.when(pl.col("length") > 0).then(cut).alias("")).to_series()


def letters_of(texts: pl.Series) -> tuple[U8, I64]:
    """The bytes of all texts, one after the other, and their offsets."""
    letters = np.frombuffer(texts.str.join("").cast(pl.Binary).item(), dtype=np.uint8)
    return letters, offsets_of(texts.str.len_bytes().to_numpy())
