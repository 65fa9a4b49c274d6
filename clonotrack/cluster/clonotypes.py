"""From REARRANGEMENTS to CLONOTYPES."""

from __future__ import annotations

from hashlib import sha256

import polars as pl

from clonotrack.cluster.calibrators import control_ids
from clonotrack.cluster.calls import most_read, tie_set
from clonotrack.cluster.consensus import consensus_sequences
from clonotrack.cluster.copies import roots
from clonotrack.cluster.families import family_heads
from clonotrack.cluster.groups import group
from clonotrack.cluster.scores import best_scores
from clonotrack.config import Cluster
from clonotrack.tables import CLONOTYPES, check


def cluster(rearrangements: pl.DataFrame, settings: Cluster, *, controls: pl.DataFrame | None = None) -> pl.DataFrame:
    """Put the rearrangements of one sample together to clonotypes.

    Rows without a key region are left out; `quality_control` counts them. The result depends neither on the order
    of the rows nor on the strand that was read.

    Args:
        rearrangements: REARRANGEMENTS.
        settings: when a key region is an error copy of another.
        controls: CONTROLS; clonotypes that are one of them get its `control_id` and stay out of all shares.

    Returns:
        CLONOTYPES, most abundant first, then by `clone_id`.
    """
    rows, nodes = assigned(rearrangements, settings)
    if not nodes.height:
        return CLONOTYPES.empty()
    clonotypes = _counted(rows).join(_described(rows, nodes), on="clone")
    clonotypes = clonotypes.sort("duplicate_count", "clone_id", descending=[True, False])
    clonotypes = clonotypes.with_columns(
        family_id=clonotypes["clone_id"].gather(family_heads(clonotypes)),
        control_id=control_ids(clonotypes["key_region"], controls, settings.max_distance),
        umi_count=pl.lit(None, dtype=pl.Int64),
    )
    return check(clonotypes.with_columns(fraction_of_locus=_share_of_locus()), CLONOTYPES)


def assigned(rearrangements: pl.DataFrame, settings: Cluster) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with a key region and the `node` and `clone` of each, and the nodes, as `group` gives them.

    A clone has the number of the node that heads it.
    """
    rows, nodes = group(rearrangements, settings.min_ratio)
    if not nodes.height:
        return rows.with_columns(clone=pl.lit(None, dtype=pl.Int64)), nodes
    heads = pl.Series("clone", roots(nodes, best_scores(rows, nodes), settings))
    return rows.with_columns(heads.gather(rows["node"])), nodes


def clone_id(locus: str, key_region: str, apart: str = "") -> str:
    """Digest of locus and key region, 16 hexadecimal digits: the same for the same clone in every sample.

    Args:
        locus: of the rearrangement.
        key_region: upper case.
        apart: V and J genes of a clonotype that is not the largest one with this key region.
    """
    text = f"{locus}:{key_region}:{apart}" if apart else f"{locus}:{key_region}"
    return sha256(text.encode()).hexdigest()[:16]


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    """Reads and distinct sequences of each clonotype, error copies included."""
    return rows.group_by("clone").agg(
        duplicate_count=pl.col("duplicate_count").sum(), unique_sequences=pl.col("sequence").n_unique()
    )


def _described(rows: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Names, calls and consensus of each clonotype, from the reads that carry its very key region."""
    own = rows.filter(pl.col("node") == pl.col("clone"))
    heads = nodes.rename({"node": "clone"}).join(own.select("clone").unique(), on="clone")
    names = heads.select("locus", "key_region", "apart").iter_rows()
    described = heads.with_columns(clone_id=pl.Series([clone_id(*name) for name in names], dtype=pl.String))
    for part in (
        most_read(own, ["system"]),
        most_read(own, ["junction", "junction_aa"]),
        *(tie_set(own, f"{segment}_call") for segment in "vdj"),
        consensus_sequences(own),
    ):
        described = described.join(part, on="clone")
    return described


def _share_of_locus() -> pl.Expr:
    """Reads over those of the locus; calibrators are in neither."""
    reads = pl.when(pl.col("control_id").is_null()).then("duplicate_count")
    return reads / reads.sum().over("locus")
