"""Turn REARRANGEMENTS into CLONOTYPES."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import polars as pl

from clonotrack.cluster.consensus import consensus_calls, consensus_sequences, majority_values
from clonotrack.cluster.controls import control_ids
from clonotrack.cluster.error_copies import clonotypes_of
from clonotrack.cluster.families import family_heads
from clonotrack.cluster.key_regions import best_scores, group_key_regions
from clonotrack.cluster.rearrangements import Rearrangements
from clonotrack.cluster.umi_consensus import assign_by_umi, collect_umis
from clonotrack.config import Cluster
from clonotrack.tables import CLONOTYPES, check
from clonotrack.umi.molecules import Molecules, count_molecules


@dataclass(frozen=True)
class ClusterResult:
    """CLONOTYPES, and the numbers that QC needs.

    Attributes:
        clonotypes: CLONOTYPES.
        reads: reads of all rows.
        reads_without_key_region: reads of the rows that are in no clonotype.
        exact_reads: reads that carry the very key region of their clonotype.
        molecules: by clonotype, in no particular order; None without UMIs.
    """

    clonotypes: pl.DataFrame
    reads: int
    reads_without_key_region: int
    exact_reads: int = 0
    molecules: Molecules | None = None


def cluster(rearrangements: pl.DataFrame, settings: Cluster, *, controls: pl.DataFrame | None = None) -> pl.DataFrame:
    """Group the rearrangements of one sample into CLONOTYPES; see `cluster_batches`.

    Args:
        rearrangements: REARRANGEMENTS.
        settings: which key regions are error copies.
        controls: CONTROLS of the tube.
    """
    return cluster_batches([rearrangements], settings, controls=controls).clonotypes


def cluster_batches(
    rearrangements: Iterable[pl.DataFrame], settings: Cluster, *, controls: pl.DataFrame | None = None
) -> ClusterResult:
    """Group the rearrangements of one sample into clonotypes.

    Rows without a key region are left out and counted. The result does not depend on the order of the rows or on the
    strand that was sequenced. If every row with a key region has a UMI, error copies are found by molecules, not reads.

    Args:
        rearrangements: batches of REARRANGEMENTS, at least with the columns `rearrangements.COLUMNS`. Each batch is
            read once and not kept.
        settings: which key regions are error copies.
        controls: CONTROLS of the tube; a clonotype that is one of them gets its `control_id` and counts in no fraction.

    Returns:
        CLONOTYPES and counts. Clonotypes are sorted by falling molecules if all of them are counted, otherwise by
        reads; then by `clone_id`.

    Raises:
        ClonotrackError: UMIs of two lengths, or of a length that cannot be counted.
    """
    rows, regions = assign_clonotypes(rearrangements, settings)
    if not regions.height:
        return ClusterResult(CLONOTYPES.empty(), rows.reads, rows.reads_without_key_region)
    counts, molecules = _count(rows.rows, settings)
    clonotypes = counts.join(_describe(rows, regions), on="clonotype")
    by_umi = clonotypes["umi_count"].null_count() == 0
    clonotypes = clonotypes.with_columns(abundance=pl.col("umi_count" if by_umi else "duplicate_count"))
    order = ["abundance", "duplicate_count", "clone_id"]
    clonotypes = clonotypes.sort(order, descending=[True, True, False])
    clonotypes = clonotypes.with_columns(
        family_id=clonotypes["clone_id"].gather(family_heads(clonotypes)),
        control_id=control_ids(clonotypes["key_region"], controls, settings.max_distance),
    )
    clonotypes = check(clonotypes.with_columns(fraction_of_locus=_fraction_of_locus()), CLONOTYPES)
    exact = regions.join(clonotypes, on=["locus", "key_region"], how="semi")["reads"].sum()
    return ClusterResult(clonotypes, rows.reads, rows.reads_without_key_region, int(exact), molecules)


def assign_clonotypes(rearrangements: Iterable[pl.DataFrame], settings: Cluster) -> tuple[Rearrangements, pl.DataFrame]:
    """Assign each rearrangement to a key region and a clonotype.

    Args:
        rearrangements: batches of REARRANGEMENTS.
        settings: which key regions are error copies.

    Returns:
        The rows with `region_id` and `clonotype` (the `region_id` of the clonotype's key region), with UMIs also
        `family_reads`; and the key regions as `group_key_regions` returns them.
    """
    rows, regions = group_key_regions(Rearrangements.collect(rearrangements), settings.min_ratio)
    if not regions.height:
        return rows, regions
    scores = best_scores(rows, regions)
    if not rows.rows["umi"].null_count():
        return rows.with_columns(**assign_by_umi(rows.rows, regions, scores, settings)), regions
    roots, _ = clonotypes_of(regions, scores, settings)
    return rows.with_columns(clonotype=pl.Series(roots).gather(rows.rows["region_id"])), regions


def clone_id(locus: str, key_region: str, vj_genes: str = "") -> str:
    """Compute the id of a clonotype, 16 hexadecimal digits; the same clonotype has the same id in every sample.

    Args:
        locus: of the rearrangement.
        key_region: upper case.
        vj_genes: V and J genes, unless the clonotype is the most abundant one with this key region.
    """
    text = f"{locus}:{key_region}:{vj_genes}" if vj_genes else f"{locus}:{key_region}"
    return sha256(text.encode()).hexdigest()[:16]


def _count(rows: pl.DataFrame, settings: Cluster) -> tuple[pl.DataFrame, Molecules | None]:
    """Count reads, molecules and distinct sequences of each clonotype, error copies included."""
    clonotypes, targets = np.unique(rows["clonotype"].to_numpy(), return_inverse=True)
    hashes, reads = rows["sequence_hash"].to_numpy(), rows["duplicate_count"].to_numpy()
    order = np.lexsort((hashes, targets))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(targets[order]) != 0) | (hashes[order][1:] != hashes[order][:-1])
    counts = pl.DataFrame(
        {
            "clonotype": clonotypes,
            "duplicate_count": np.bincount(targets, reads).astype(np.int64),
            "unique_sequences": np.bincount(targets[order][first]),
        }
    )
    if "family_reads" not in rows.columns:
        none = pl.lit(None, dtype=pl.Int64)
        return counts.with_columns(umi_count=none, consensus_count=none), None
    molecules = count_molecules(collect_umis(rows, targets), counts.height, min_reads=settings.min_umi_reads)
    counted_reads = reads * (rows["family_reads"].to_numpy() >= molecules.min_reads)
    umi_count = pl.Series(np.rint(molecules.observed)).fill_nan(None).cast(pl.Int64)
    consensus_count = pl.Series(np.bincount(targets, counted_reads, minlength=counts.height)).cast(pl.Int64)
    return counts.with_columns(umi_count=umi_count, consensus_count=consensus_count), molecules


def _describe(rows: Rearrangements, regions: pl.DataFrame) -> pl.DataFrame:
    """Find id, calls and consensus of each clonotype, from the rows that carry its very key region."""
    exact = rows.rows["region_id"] == rows.rows["clonotype"]
    annotations = rows.annotations.rename({"region_id": "clonotype"})
    annotations = annotations.with_columns(duplicate_count=pl.Series(rows.reads_of_annotations(exact)))
    annotations = annotations.filter(pl.col("duplicate_count") > 0)
    described = regions.rename({"region_id": "clonotype"})
    described = described.join(annotations.select("clonotype").unique(), on="clonotype")
    ids = [clone_id(*key) for key in described.select("locus", "key_region", "vj_genes").iter_rows()]
    described = described.with_columns(clone_id=pl.Series(ids, dtype=pl.String))
    for part in (
        majority_values(annotations, ["system", "junction", "junction_aa", "j_start"]),
        *(consensus_calls(annotations, f"{segment}_call") for segment in "vdj"),
        consensus_sequences(rows, exact),
    ):
        described = described.join(part, on="clonotype")
    return described


def _fraction_of_locus() -> pl.Expr:
    """Divide the abundance of each clonotype by that of its locus; controls are in neither."""
    abundance = pl.when(pl.col("control_id").is_null()).then("abundance")
    return abundance / abundance.sum().over("locus")
