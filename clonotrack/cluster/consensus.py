"""Build the consensus of each clonotype: its sequence, its calls and its other annotations, weighted by reads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.cluster.kernels.consensus import consensus
from clonotrack.cluster.rearrangements import Rearrangements
from clonotrack.kernels.arrays import scatter_rows
from clonotrack.kernels.text import map_bytes
from clonotrack.sequences import DECODE, ENCODE, I64, U8, offsets_of
from clonotrack.text_columns import text_column

MAX_ROWS = 1_000
"""Rows of a clonotype, those with most reads, that vote for its sequence."""

_BASES_AT_ONCE = 1 << 25


def consensus_sequences(rearrangements: Rearrangements, exact: pl.Series) -> pl.DataFrame:
    """Build the consensus sequence of each clonotype from the rows that carry its key region.

    METHOD: rows are placed on each other at their key region, without alignment. The base of a column is the one with
    the greatest sum of reads times Phred score. For independent errors that is the most likely base, as a Phred score
    is the logarithm of the odds of an error. The consensus extends to both sides while at least half of the reads reach
    a column. All rows have the same key region at the same position, so the consensus contains it unchanged. After an
    inserted or deleted base a read disagrees with the others and is outvoted. Only the `MAX_ROWS` rows with most reads
    vote.

    Args:
        rearrangements: with `clonotype`.
        exact: whether each row carries the key region of its clonotype.

    Returns:
        `clonotype` and `sequence`, a row per clonotype.
    """
    order = ["clonotype", "duplicate_count", "copy_hash"]  # the hash breaks ties, whatever the order of the rows
    ranked = rearrangements.rows.select(*order).with_row_index("row").filter(exact)
    ranked = ranked.sort(order, descending=[False, True, False])
    chosen = ranked.filter(pl.int_range(pl.len()).over("clonotype") < MAX_ROWS)["row"].to_numpy()
    rows = rearrangements.rows.select("clonotype", "duplicate_count", "key_region_start")[chosen]
    clonotypes, starts = np.unique(rows["clonotype"].to_numpy(), return_index=True)
    bounds = np.append(starts, len(chosen))
    weights, anchors = rows["duplicate_count"].to_numpy(), rows["key_region_start"].to_numpy().astype(np.int64) - 1
    parts = []
    bases = np.cumsum(rearrangements.rows["length"].to_numpy()[chosen], dtype=np.int64)
    cuts = np.searchsorted(bounds, np.searchsorted(bases, np.arange(0, bases[-1], _BASES_AT_ONCE)))
    for low, high in pairwise(np.unique([*cuts, len(clonotypes)]).tolist()):
        here = slice(bounds[low], bounds[high])
        codes, scores, offsets = _sequences(rearrangements, chosen[here])
        groups = bounds[low : high + 1] - bounds[low]
        agreed, ends, _ = consensus(codes, offsets, scores, weights[here], anchors[here], groups)
        parts.append(text_column(map_bytes(agreed, DECODE), ends))
    return pl.DataFrame({"clonotype": clonotypes, "sequence": pl.concat(parts)})


def _sequences(rearrangements: Rearrangements, chosen: I64) -> tuple[U8, U8, I64]:
    """Return codes, Phred scores and offsets of the chosen rows, in the order of `chosen`."""
    lengths = rearrangements.rows["length"].to_numpy().astype(np.int64)[chosen]
    offsets = offsets_of(lengths)
    bases, scores = (np.empty(offsets[-1], dtype=np.uint8) for _ in range(2))
    order = np.argsort(chosen)
    rising = chosen[order]
    for batch in rearrangements.sequence_batches():
        low, high = np.searchsorted(rising, (batch.first, batch.first + len(batch.offsets) - 1))
        rows, positions = rising[low:high] - batch.first, offsets[order[low:high]]
        scatter_rows(batch.bases, batch.offsets, rows, positions, bases)
        scatter_rows(batch.scores, batch.offsets, rows, positions, scores)
    return map_bytes(bases, ENCODE), scores, offsets


def consensus_calls(annotations: pl.DataFrame, call: str) -> pl.DataFrame:
    """Find the alleles that most reads of each clonotype support.

    METHOD: a read supports every allele of its call. If the calls of a clonotype have alleles in common, these have the
    most support, so the result is their intersection. Reads without a call count only if they are more than the reads
    with a call; then the result is null.

    Args:
        annotations: `clonotype`, `duplicate_count` and the column `call`.
        call: name of the column.

    Returns:
        `clonotype` and the column `call`, a row per clonotype; ties are comma-separated in alphabetical order.
    """
    votes = annotations.group_by("clonotype", call).agg(reads=pl.col("duplicate_count").sum())
    unanimous = pl.len().over("clonotype") == 1
    in_order = {ties: ",".join(sorted(ties.split(","))) for ties in votes[call].unique().drop_nulls()}
    same = votes.filter(unanimous).select("clonotype", pl.col(call).replace(in_order))
    return pl.concat([same, _most_supported(votes.filter(~unanimous), call)])


def _most_supported(votes: pl.DataFrame, call: str) -> pl.DataFrame:
    """Find the most supported alleles of clonotypes whose reads have different calls."""
    called = pl.col(call).is_not_null()
    reads = pl.col("reads")
    has_call = reads.filter(called).sum().over("clonotype") >= reads.filter(~called).sum().over("clonotype")
    alleles = votes.filter(called == has_call).select("clonotype", "reads", allele=pl.col(call).str.split(","))
    support = alleles.explode("allele").group_by("clonotype", "allele").agg(reads.sum())
    best = support.filter(reads == reads.max().over("clonotype")).sort("clonotype", "allele")
    return best.group_by("clonotype").agg(pl.col("allele").str.join(",", ignore_nulls=False).alias(call))


def majority_values(annotations: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Find the values of `columns` that most reads of each clonotype have, the first in order among equals."""
    votes = annotations.group_by("clonotype", *columns).agg(reads=pl.col("duplicate_count").sum())
    order = votes.sort("clonotype", "reads", *columns, descending=[False, True, *(False for _ in columns)])
    return order.unique("clonotype", keep="first").drop("reads")
