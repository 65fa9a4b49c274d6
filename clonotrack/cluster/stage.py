"""Run the stage cluster: group the REARRANGEMENTS of a sample into CLONOTYPES."""

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
    """CLONOTYPES of a sample, and the numbers that QC needs.

    Attributes:
        clonotypes: CLONOTYPES.
        reads: reads of all rows of REARRANGEMENTS.
        reads_without_key_region: reads of the rows without a key region, which are in no clonotype.
        exact_reads: reads whose key region is that of their clonotype, so that they are no error copies.
        molecules: molecules of each clonotype, not in the order of `clonotypes`; None without UMIs.
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
        settings: limits that decide which key regions are error copies.
        controls: CONTROLS of the tube; None if the tube has no controls.
    """
    return cluster_batches([rearrangements], settings, controls=controls).clonotypes


def cluster_batches(
    rearrangements: Iterable[pl.DataFrame], settings: Cluster, *, controls: pl.DataFrame | None = None
) -> ClusterResult:
    """Group the rearrangements of one sample into clonotypes.

    Rows without a key region are left out and counted. The result does not depend on the order of the rows or on the
    strand that was sequenced. If every row with a key region has a UMI, error copies are recognised by their number of
    UMI families instead of reads.

    Args:
        rearrangements: batches of REARRANGEMENTS, at least with the columns
            `clonotrack.cluster.rearrangements.COLUMNS`. Each batch is read once and not kept.
        settings: limits that decide which key regions are error copies.
        controls: CONTROLS of the tube; None if the tube has no controls. A clonotype that is a control gets its
            `control_id` and no `fraction_of_locus`.

    Returns:
        CLONOTYPES and counts. Clonotypes are sorted by falling molecules if the molecules of every clonotype are
        counted, otherwise by falling reads. Clonotypes with equal numbers are sorted by `clone_id`.

    Raises:
        ClonotrackError: the UMIs differ in length, or have more than 31 nt.
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
        settings: limits that decide which key regions are error copies.

    Returns:
        The rearrangements, whose rows have `region_id` and `clonotype` (the `region_id` of the clonotype's key region).
        With UMIs the rows also have `family_reads`, the reads of the row's UMI family. And the key regions as
        `group_key_regions` returns them.
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
    """Compute the id of a clonotype, which is the same in every sample.

    Args:
        locus: locus of the clonotype.
        key_region: key region, upper case.
        vj_genes: V and J genes from `group_key_regions`; empty for the most abundant clonotype with this key region.

    Returns:
        16 hexadecimal digits.
    """
    text = f"{locus}:{key_region}:{vj_genes}" if vj_genes else f"{locus}:{key_region}"
    return sha256(text.encode()).hexdigest()[:16]


def _count(rows: pl.DataFrame, settings: Cluster) -> tuple[pl.DataFrame, Molecules | None]:
    """Count reads, molecules and distinct sequences of each clonotype, error copies included.

    Args:
        rows: rows of `Rearrangements` with `clonotype`, and with `family_reads` if molecules are counted.
        settings: UMI threshold.

    Returns:
        `clonotype` and its counts, one row for each clonotype; and the molecules, None without UMIs.
    """
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
    """Find id, calls and consensus sequence of each clonotype, from the rows that are no error copies.

    Args:
        rows: rearrangements whose rows have `region_id` and `clonotype`.
        regions: key regions from `group_key_regions`.
    """
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
    """Divide the abundance of each clonotype by the sum of abundances of all clonotypes of its locus.

    Controls get null and are not in the sum.
    """
    abundance = pl.when(pl.col("control_id").is_null()).then("abundance")
    return abundance / abundance.sum().over("locus")
