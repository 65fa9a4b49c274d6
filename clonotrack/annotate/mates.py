"""Pairs that were not merged: the mate that tells more of the rearrangement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

_JUNCTION = 1e6
"""More than any alignment scores: a mate that covers the key region goes before one that does not."""


def annotate_pairs(sequences: pl.DataFrame, annotate: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """REARRANGEMENTS of sequences of which some have a mate.

    Both mates are annotated. The row is that of the mate that covers the key region; where both or none do, of the one
    whose segments score higher; else of the first. What the other mate says is not used.

    Args:
        sequences: SEQUENCES, with or without `sequence_2`.
        annotate: gives a row for each sequence.
    """
    first = annotate(sequences)
    if "sequence_2" not in sequences.columns:
        return first
    rows = np.flatnonzero(sequences.get_column("sequence_2").is_not_null().to_numpy())
    if not rows.size:
        return first
    mates = sequences[rows].with_columns(pl.col("sequence_2").alias("sequence"), pl.col("quality_2").alias("quality"))
    second = annotate(mates)
    better = _evidence(second) > _evidence(first[rows])
    chosen = np.arange(sequences.height)
    chosen[rows[better]] = sequences.height + np.flatnonzero(better)
    return pl.concat([first, second])[chosen]


def _evidence(rearrangements: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    scores = [pl.col(f"{segment}_score").fill_null(0.0) for segment in "vdj"]
    covered = pl.col("key_region").is_not_null().cast(pl.Float64) * _JUNCTION
    found: np.ndarray[tuple[int], np.dtype[np.float64]]
    found = rearrangements.select(covered + pl.sum_horizontal(scores)).to_series().to_numpy()
    return found
