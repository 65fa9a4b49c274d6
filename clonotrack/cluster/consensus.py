"""Consensus sequences of clonotypes."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.kernels.consensus import consensus
from clonotrack.sequence import U8, Ragged

UNKNOWN_QUALITY = "?"  # Q30: rows without qualities weigh alike
MOST_ROWS = 1_000
"""Rows of a clonotype that are laid over each other, those with most reads."""


def consensus_sequences(rows: pl.DataFrame, of: pl.Series) -> pl.DataFrame:
    """Consensus of the rows of each clonotype, laid over each other at their common key region.

    METHOD: the base of a column is the one with the greatest sum of reads times Phred score: for independent errors
    the base of greatest likelihood, as a Phred score is the logarithm of an error's odds. It goes on to both sides
    while at least half of the reads reach a column. All rows carry the same key region at the same place, so the
    consensus holds it unchanged. Rows are not aligned: a read with an inserted or deleted base is outvoted from
    there on. The `MOST_ROWS` rows with most reads have a say.

    Args:
        rows: `clone`, `sequence`, `quality` (or null), `key_region_start` (1-based), `duplicate_count`.
        of: which rows carry the key region of their clone.

    Returns:
        `clone` and `sequence`, a row per clone.
    """
    order = ["clone", "duplicate_count", "hash"]  # hashes are small, and break ties whatever the order of the rows
    ranked = rows.select("clone", "duplicate_count", hash=pl.struct("sequence", "quality").hash()).with_row_index("row")
    ranked = ranked.filter(of).sort(order, descending=[False, True, False])
    chosen = ranked.filter(pl.int_range(pl.len()).over("clone") < MOST_ROWS)["row"]
    rows = rows.select("clone", "sequence", "quality", "key_region_start", "duplicate_count")[chosen]
    alone = pl.len().over("clone") == 1
    single = rows.filter(alone).select("clone", pl.col("sequence").str.replace_all("[^ACGT]", "N"))
    return pl.concat([single, _voted(rows.filter(~alone))])


def _voted(rows: pl.DataFrame) -> pl.DataFrame:
    sequences = Ragged.from_strings(rows["sequence"])
    clones, sizes = np.unique(rows["clone"].to_numpy(), return_counts=True)
    codes, offsets, _ = consensus(
        sequences.codes,
        sequences.offsets,
        _scores(rows),
        rows["duplicate_count"].to_numpy(),
        rows["key_region_start"].to_numpy() - 1,
        np.concatenate([[0], np.cumsum(sizes)]),
    )
    return pl.DataFrame({"clone": clones, "sequence": Ragged(codes, offsets).to_strings()}, schema_overrides=_TYPES)


_TYPES = {"clone": pl.Int64, "sequence": pl.String}


def _scores(rows: pl.DataFrame) -> U8:
    """Phred scores of all rows, one after the other."""
    unknown = pl.col("sequence").str.replace_all(".", UNKNOWN_QUALITY)
    letters = rows.select(pl.col("quality").fill_null(unknown))["quality"]
    return np.frombuffer("".join(letters).encode(), dtype=np.uint8) - np.uint8(33)
