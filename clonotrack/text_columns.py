"""Convert between text columns of polars and arrays of bytes."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.sequences import I64, U8, offsets_of


def text_column(ascii_bytes: U8, offsets: I64) -> pl.Series:
    """Make a column of text from a ragged array of ASCII bytes.

    Args:
        ascii_bytes: of all texts, one after another.
        offsets: text i is ``ascii_bytes[offsets[i]:offsets[i + 1]]``.

    Returns:
        Shape (n,); null if a text is empty.
    """
    return substrings(joined_text(ascii_bytes), offsets[:-1], np.diff(offsets))


def joined_text(ascii_bytes: U8) -> pl.Series:
    """Make a column of one value from all bytes, as `substrings` takes it."""
    return pl.Series([ascii_bytes.tobytes()])


def substrings(text: pl.Series, starts: I64, lengths: I64) -> pl.Series:
    """Cut substrings out of one text.

    Polars cuts them, so that no Python object is made per substring.

    Args:
        text: one ASCII text, from `joined_text`.
        starts: first byte of each substring, shape (n,).
        lengths: bytes of each, shape (n,).

    Returns:
        Shape (n,); null if a length is 0 or less.
    """
    spans = pl.DataFrame({"start": starts, "length": np.maximum(lengths, 0)})
    cut = pl.lit(text).bin.slice("start", "length").cast(pl.String)
    return spans.select(pl.when(pl.col("length") > 0).then(cut).alias("")).to_series()


def column_bytes(texts: pl.Series) -> tuple[U8, I64]:
    """Convert a column of text to the bytes of all texts, one after another, and their offsets."""
    joined = np.frombuffer(texts.str.join("").cast(pl.Binary).item(), dtype=np.uint8)
    return joined, offsets_of(texts.str.len_bytes().to_numpy())
