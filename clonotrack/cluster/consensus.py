"""Consensus sequences of clonotypes.

What the reads of a clonotype agree on: calls and other values, weighted by reads.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.cluster.kernels.consensus import consensus
from clonotrack.cluster.rows import Rows
from clonotrack.kernels.arrays import scatter_rows
from clonotrack.kernels.text import map_bytes
from clonotrack.sequences import DECODE, ENCODE, I64, U8, offsets_of
from clonotrack.text_columns import text_column

MOST_ROWS = 1_000
"""Rows of a clonotype that are laid over each other, those with most reads."""
BASES_AT_ONCE = 1 << 25


def consensus_sequences(rows: Rows, of: pl.Series) -> pl.DataFrame:
    """Consensus of the rows of each clonotype, laid over each other at their common key region.

    METHOD: the base of a column is the one with the greatest sum of reads times Phred score: for independent errors
    the base of greatest likelihood, as a Phred score is the logarithm of an error's odds. It goes on to both sides
    while at least half of the reads reach a column. All rows carry the same key region at the same place, so the
    consensus holds it unchanged. Rows are not aligned: a read with an inserted or deleted base is outvoted from
    there on. The `MOST_ROWS` rows with most reads have a say.

    Args:
        rows: with `clone`.
        of: which rows carry the key region of their clone.

    Returns:
        `clone` and `sequence`, a row per clone.
    """
    order = ["clone", "duplicate_count", "copy_hash"]  # hashes break ties whatever the order of the rows
    ranked = rows.table.select(*order).with_row_index("row").filter(of)
    ranked = ranked.sort(order, descending=[False, True, False])
    chosen = ranked.filter(pl.int_range(pl.len()).over("clone") < MOST_ROWS)["row"].to_numpy()
    table = rows.table.select("clone", "duplicate_count", "key_region_start")[chosen]
    clones, starts = np.unique(table["clone"].to_numpy(), return_index=True)
    bounds = np.append(starts, len(chosen))
    weights, anchors = table["duplicate_count"].to_numpy(), table["key_region_start"].to_numpy().astype(np.int64) - 1
    parts = []
    bases = np.cumsum(rows.table["length"].to_numpy()[chosen], dtype=np.int64)
    cuts = np.searchsorted(bounds, np.searchsorted(bases, np.arange(0, bases[-1], BASES_AT_ONCE)))
    for low, high in pairwise(np.unique([*cuts, len(clones)]).tolist()):
        here = slice(bounds[low], bounds[high])
        codes, scores, offsets = _taken(rows, chosen[here])
        groups = bounds[low : high + 1] - bounds[low]
        agreed, ends, _ = consensus(codes, offsets, scores, weights[here], anchors[here], groups)
        parts.append(text_column(map_bytes(agreed, DECODE), ends))
    return pl.DataFrame({"clone": clones, "sequence": pl.concat(parts)})


def _taken(rows: Rows, chosen: I64) -> tuple[U8, U8, I64]:
    """Codes, scores and offsets of the chosen rows, in their order."""
    lengths = rows.table["length"].to_numpy().astype(np.int64)[chosen]
    offsets = offsets_of(lengths)
    letters, scores = (np.empty(offsets[-1], dtype=np.uint8) for _ in range(2))
    order = np.argsort(chosen)
    in_order = chosen[order]
    for part in rows.letters():
        low, high = np.searchsorted(in_order, (part.first, part.first + len(part.offsets) - 1))
        taken, places = in_order[low:high] - part.first, offsets[order[low:high]]
        scatter_rows(part.letters, part.offsets, taken, places, letters)
        scatter_rows(part.scores, part.offsets, taken, places, scores)
    return map_bytes(letters, ENCODE), scores, offsets


def tie_set(rows: pl.DataFrame, call: str) -> pl.DataFrame:
    """The alleles that most reads of a clonotype can be, ties comma-separated in alphabetical order.

    METHOD: an allele is supported by the reads whose tie set holds it. Where the tie sets have alleles in common
    these are the best supported, so the result is their intersection; else it is what most reads say. Reads without
    a call count only where they are more than those with one.

    Args:
        rows: `clone`, `duplicate_count` and the column `call`.
        call: name of the column.

    Returns:
        `clone` and the column `call`, a row per clone.
    """
    votes = rows.group_by("clone", call).agg(reads=pl.col("duplicate_count").sum())
    agreed = pl.len().over("clone") == 1
    in_order = {ties: ",".join(sorted(ties.split(","))) for ties in votes[call].unique().drop_nulls()}
    one = votes.filter(agreed).select("clone", pl.col(call).replace(in_order))
    return pl.concat([one, _supported(votes.filter(~agreed), call)])


def _supported(votes: pl.DataFrame, call: str) -> pl.DataFrame:
    """The best supported alleles of the clones whose reads say different things."""
    called = pl.col(call).is_not_null()
    reads = pl.col("reads")
    has_call = reads.filter(called).sum().over("clone") >= reads.filter(~called).sum().over("clone")
    ballots = (
        votes.filter(called == has_call).select("clone", "reads", allele=pl.col(call).str.split(",")).explode("allele")
    )
    support = ballots.group_by("clone", "allele").agg(reads.sum())
    best = support.filter(reads == reads.max().over("clone")).sort("clone", "allele")
    return best.group_by("clone").agg(pl.col("allele").str.join(",", ignore_nulls=False).alias(call))


def most_read(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The values of `columns` that most reads of each clonotype have, the first in order among equals."""
    votes = rows.group_by("clone", *columns).agg(reads=pl.col("duplicate_count").sum())
    order = votes.sort("clone", "reads", *columns, descending=[False, True, *(False for _ in columns)])
    return order.unique("clone", keep="first").drop("reads")
