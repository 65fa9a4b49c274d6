"""From REARRANGEMENTS to CLONOTYPES."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import polars as pl

from clonotrack.cluster.consensus import consensus_sequences, most_read, tie_set
from clonotrack.cluster.families import control_ids, family_heads
from clonotrack.cluster.key_regions import best_scores, group
from clonotrack.cluster.merge_errors import roots
from clonotrack.cluster.rows import Rows
from clonotrack.cluster.umi_consensus import by_molecule, collected
from clonotrack.config import Cluster
from clonotrack.tables import CLONOTYPES, check
from clonotrack.umi.molecules import Molecules, molecules


@dataclass(frozen=True)
class Clustered:
    """CLONOTYPES, and what became of the reads.

    Attributes:
        clonotypes: the table.
        reads: of all rows.
        without: of rows without a key region.
        own: of rows whose key region is that of a clonotype.
        molecules: in no stated order; None where there are no UMIs.
    """

    clonotypes: pl.DataFrame
    reads: int
    without: int
    own: int = 0
    molecules: Molecules | None = None


def cluster(rearrangements: pl.DataFrame, settings: Cluster, *, controls: pl.DataFrame | None = None) -> pl.DataFrame:
    """The CLONOTYPES of `clustered`."""
    return clustered([rearrangements], settings, controls=controls).clonotypes


def clustered(
    rearrangements: Iterable[pl.DataFrame], settings: Cluster, *, controls: pl.DataFrame | None = None
) -> Clustered:
    """Put the rearrangements of one sample together to clonotypes.

    Rows without a key region are left out; `quality_control` counts them. The result depends neither on the order
    of the rows nor on the strand that was read.

    Args:
        rearrangements: REARRANGEMENTS, or of them the columns `USED`, part by part, which are not held; the molecule
            is the unit where every row with a key region has a UMI.
        settings: when a key region is an error copy of another.
        controls: CONTROLS; clonotypes that are one of them get its `control_id` and stay out of all shares.

    Returns:
        CLONOTYPES, most abundant first, by molecules where all are counted, else by reads; then by `clone_id`.
    """
    rows, nodes = assigned(rearrangements, settings)
    if not nodes.height:
        return Clustered(CLONOTYPES.empty(), rows.reads, rows.without)
    counted, found = _counted(rows.table, settings)
    clonotypes = counted.join(_described(rows, nodes), on="clone")
    of_molecules = clonotypes["umi_count"].null_count() == 0
    clonotypes = clonotypes.with_columns(abundance=pl.col("umi_count" if of_molecules else "duplicate_count"))
    order = ["abundance", "duplicate_count", "clone_id"]
    clonotypes = clonotypes.sort(order, descending=[True, True, False])
    clonotypes = clonotypes.with_columns(
        family_id=clonotypes["clone_id"].gather(family_heads(clonotypes)),
        control_id=control_ids(clonotypes["key_region"], controls, settings.max_distance),
    )
    clonotypes = check(clonotypes.with_columns(fraction_of_locus=_share_of_locus()), CLONOTYPES)
    own = nodes.join(clonotypes, on=["locus", "key_region"], how="semi")["reads"].sum()
    return Clustered(clonotypes, rows.reads, rows.without, int(own), found)


def assigned(rearrangements: Iterable[pl.DataFrame], settings: Cluster) -> tuple[Rows, pl.DataFrame]:
    """The rows with a key region and the `node` and `clone` of each, and the nodes, as `group` gives them.

    A clone has the number of the node that heads it. With UMIs there is also `molecule_reads`.
    """
    rows, nodes = group(Rows.of(rearrangements), settings.min_ratio)
    if not nodes.height:
        return rows, nodes
    scores = best_scores(rows, nodes)
    if not rows.table["umi"].null_count():
        return rows.with_columns(**by_molecule(rows.table, nodes, scores, settings)), nodes
    heads, _ = roots(nodes, scores, settings)
    return rows.with_columns(clone=pl.Series(heads).gather(rows.table["node"])), nodes


def clone_id(locus: str, key_region: str, apart: str = "") -> str:
    """Digest of locus and key region, 16 hexadecimal digits: the same for the same clone in every sample.

    Args:
        locus: of the rearrangement.
        key_region: upper case.
        apart: V and J genes of a clonotype that is not the largest one with this key region.
    """
    text = f"{locus}:{key_region}:{apart}" if apart else f"{locus}:{key_region}"
    return sha256(text.encode()).hexdigest()[:16]


def _counted(rows: pl.DataFrame, settings: Cluster) -> tuple[pl.DataFrame, Molecules | None]:
    """Reads, molecules and distinct sequences of each clonotype, error copies included."""
    clones, targets = np.unique(rows["clone"].to_numpy(), return_inverse=True)
    hashes, reads = rows["hash"].to_numpy(), rows["duplicate_count"].to_numpy()
    order = np.lexsort((hashes, targets))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(targets[order]) != 0) | (hashes[order][1:] != hashes[order][:-1])
    counted = pl.DataFrame(
        {
            "clone": clones,
            "duplicate_count": np.bincount(targets, reads).astype(np.int64),
            "unique_sequences": np.bincount(targets[order][first]),
        }
    )
    if "molecule_reads" not in rows.columns:
        none = pl.lit(None, dtype=pl.Int64)
        return counted.with_columns(umi_count=none, consensus_count=none), None
    found = molecules(collected(rows, targets), counted.height, min_reads=settings.min_umi_reads)
    enough = reads * (rows["molecule_reads"].to_numpy() >= found.least)
    seen = pl.Series(np.rint(found.seen)).fill_nan(None).cast(pl.Int64)
    consensus_count = pl.Series(np.bincount(targets, enough, minlength=counted.height)).cast(pl.Int64)
    return counted.with_columns(umi_count=seen, consensus_count=consensus_count), found


def _described(rows: Rows, nodes: pl.DataFrame) -> pl.DataFrame:
    """Names, calls and consensus of each clonotype, from the reads that carry its very key region."""
    carries = rows.table["node"] == rows.table["clone"]
    own = rows.variants.rename({"node": "clone"}).with_columns(duplicate_count=pl.Series(rows.by_variant(carries)))
    own = own.filter(pl.col("duplicate_count") > 0)
    heads = nodes.rename({"node": "clone"}).join(own.select("clone").unique(), on="clone")
    names = heads.select("locus", "key_region", "apart").iter_rows()
    described = heads.with_columns(clone_id=pl.Series([clone_id(*name) for name in names], dtype=pl.String))
    for part in (
        most_read(own, ["system", "junction", "junction_aa", "j_start"]),
        *(tie_set(own, f"{segment}_call") for segment in "vdj"),
        consensus_sequences(rows, carries),
    ):
        described = described.join(part, on="clone")
    return described


def _share_of_locus() -> pl.Expr:
    """Molecules or reads over those of the locus; calibrators are in neither."""
    own = pl.when(pl.col("control_id").is_null()).then("abundance")
    return own / own.sum().over("locus")
