"""Build the consensus of each clonotype, weighted by reads: sequence, V, D and J calls, system and junction."""

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
"""Most rows of a clonotype that its consensus sequence is made from: the rows with the most reads."""

_BASES_AT_ONCE = 1 << 25  # bases that are decompressed for one call of the kernel


def consensus_sequences(rearrangements: Rearrangements, exact: pl.Series) -> pl.DataFrame:
    """Build the consensus sequence of each clonotype from the rows that carry its key region.

    METHOD: rows are aligned without gaps by the start of their key region. The base of a column is the base with the
    greatest sum of reads times Phred score. If errors are independent, this is the most likely base, because a Phred
    score is the logarithm of the odds of an error. The consensus extends to both sides as far as at least half of the
    reads do. All rows have the same key region in the same columns, so the consensus contains the key region unchanged.
    A read with an inserted or deleted base outside the key region is shifted from there on and is outvoted by the other
    reads. Only the `MAX_ROWS` rows with the most reads are used.

    Args:
        rearrangements: rearrangements whose rows have `clonotype`.
        exact: whether the key region of each row is that of its clonotype, shape (rows,).

    Returns:
        `clonotype` and `sequence`, one row for each clonotype.
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
    """Decompress the sequences of the rows with the numbers `chosen`, in the order of `chosen`.

    Returns:
        Base codes, concatenated; Phred scores, concatenated; offsets of the rows, shape (len(chosen) + 1,).
    """
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

    METHOD: a read supports every allele of its call. Alleles that all calls of a clonotype have in common have the most
    support, so the result is then the intersection of the calls. If more reads have no call than have a call, the
    result is null. Otherwise reads without a call are ignored.

    Args:
        annotations: `clonotype`, `duplicate_count` and the column that `call` names.
        call: name of the column of calls, such as `v_call`.

    Returns:
        `clonotype` and the column that `call` names, one row for each clonotype. Alleles with equal support are joined
        by commas in alphabetical order.
    """
    votes = annotations.group_by("clonotype", call).agg(reads=pl.col("duplicate_count").sum())
    unanimous = pl.len().over("clonotype") == 1
    in_order = {ties: ",".join(sorted(ties.split(","))) for ties in votes[call].unique().drop_nulls()}
    same = votes.filter(unanimous).select("clonotype", pl.col(call).replace(in_order))
    return pl.concat([same, _most_supported(votes.filter(~unanimous), call)])


def _most_supported(votes: pl.DataFrame, call: str) -> pl.DataFrame:
    """Find the alleles with the most support in each clonotype whose reads have different calls.

    Args:
        votes: `clonotype`, the column that `call` names, and `reads`, the reads with this call.
        call: name of the column of calls.
    """
    called = pl.col(call).is_not_null()
    reads = pl.col("reads")
    has_call = reads.filter(called).sum().over("clonotype") >= reads.filter(~called).sum().over("clonotype")
    alleles = votes.filter(called == has_call).select("clonotype", "reads", allele=pl.col(call).str.split(","))
    support = alleles.explode("allele").group_by("clonotype", "allele").agg(reads.sum())
    best = support.filter(reads == reads.max().over("clonotype")).sort("clonotype", "allele")
    return best.group_by("clonotype").agg(pl.col("allele").str.join(",", ignore_nulls=False).alias(call))


def majority_values(annotations: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Find the combination of values in `columns` that the most reads of each clonotype have.

    If several combinations have equal reads, the result is the smallest one in the sort order of the first column, then
    of the second column, and so on.

    Args:
        annotations: `clonotype`, `duplicate_count` and the columns.
        columns: names of the columns.

    Returns:
        `clonotype` and the columns, one row for each clonotype.
    """
    votes = annotations.group_by("clonotype", *columns).agg(reads=pl.col("duplicate_count").sum())
    order = votes.sort("clonotype", "reads", *columns, descending=[False, True, *(False for _ in columns)])
    return order.unique("clonotype", keep="first").drop("reads")
