"""What the reads of a clonotype agree on: calls and other values, weighted by reads."""

from __future__ import annotations

import polars as pl


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
