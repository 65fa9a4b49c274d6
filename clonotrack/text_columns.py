"""Convert between text columns of polars and arrays of bytes."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.sequences import I64, U8, offsets_of


def text_column(ascii_bytes: U8, offsets: I64) -> pl.Series:
    """Make a column of text from a ragged array of ASCII bytes.

    Args:
        ascii_bytes: all n texts, concatenated.
        offsets: text i is ``ascii_bytes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).

    Returns:
        Column of n texts; an empty text becomes null.
    """
    return substrings(joined_text(ascii_bytes), offsets[:-1], np.diff(offsets))


def joined_text(ascii_bytes: U8) -> pl.Series:
    """Make a column whose only value is all the bytes, as the argument `text` of `substrings`."""
    return pl.Series([ascii_bytes.tobytes()])


def substrings(text: pl.Series, starts: I64, lengths: I64) -> pl.Series:
    """Cut substrings out of one text.

    Polars cuts the substrings, so that no Python object is made for any of them.

    Args:
        text: one ASCII text, from `joined_text`.
        starts: position of the first byte of each substring in `text`, 0-based, shape (n,).
        lengths: length of each substring [bytes], shape (n,).

    Returns:
        Column of n texts; a substring with a length of 0 or less is null.
    """
    spans = pl.DataFrame({"start": starts, "length": np.maximum(lengths, 0)})
    cut = pl.lit(text).bin.slice("start", "length").cast(pl.String)
    return spans.select(pl.when(pl.col("length") > 0).then(cut).alias("")).to_series()


def column_bytes(texts: pl.Series) -> tuple[U8, I64]:
    """Convert a column of n texts to one array of bytes.

    Returns:
        The bytes of all texts, concatenated; and offsets, shape (n + 1,): text i is bytes ``offsets[i]`` to, not
        including, ``offsets[i + 1]``.
    """
    joined = np.frombuffer(texts.str.join("").cast(pl.Binary).item(), dtype=np.uint8)
    return joined, offsets_of(texts.str.len_bytes().to_numpy())
