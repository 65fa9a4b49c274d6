"""Assign reads with UMIs to clonotypes: all reads of one molecule have one key region."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.cluster.error_copies import clonotypes_of, neighbourhoods
from clonotrack.cluster.error_model import ErrorModel
from clonotrack.config import Cluster
from clonotrack.errors import ClonotrackError
from clonotrack.sequences import I64, U8, U64, Ragged, encode
from clonotrack.umi.collect import UmiTable


def pack_umis(umis: pl.Series) -> tuple[U64, int]:
    """Pack UMIs into 64-bit integers, 2 bits a base.

    Args:
        umis: text of each UMI, shape (n,), n at least 1.

    Returns:
        Packed UMIs, shape (n,); length of every UMI [nt].

    Raises:
        ClonotrackError: the UMIs differ in length.
    """
    lengths = umis.str.len_bytes().unique().sort().to_list()
    if len(lengths) > 1:
        raise ClonotrackError(
            f"column umi of REARRANGEMENTS contains UMIs of {lengths[0]} and {lengths[-1]} nt: cluster libraries with "
            "different UMI patterns separately"
        )
    length = lengths[0]
    codes = encode("".join(umis)).reshape(-1, length).astype(np.uint64) & np.uint64(3)
    values = np.zeros(len(codes), dtype=np.uint64)
    for position in range(length):
        values = values << np.uint64(2) | codes[:, position]
    return values, length


def collect_umis(rows: pl.DataFrame, targets: I64) -> UmiTable:
    """Collect the distinct UMIs of each target with their reads.

    Args:
        rows: `umi` and `duplicate_count` of each row.
        targets: number of the target (key region or clonotype) of each row, shape (rows,).
    """
    umis, length = pack_umis(rows["umi"])
    return UmiTable.collect(umis, targets, length, rows["duplicate_count"].to_numpy())


def assign_by_umi(
    rows: pl.DataFrame, regions: pl.DataFrame, scores: U8 | None, settings: Cluster
) -> dict[str, pl.Series]:
    """Find the clonotype of each row from numbers of UMI families instead of reads.

    METHOD: reads of neighbouring key regions are grouped by UMI. Each UMI family takes the key region of most of its
    reads; if several have equal reads, the one with more reads in the sample (a consensus, as in MIGEC, Shugay et al.
    2014, doi:10.1038/nmeth.2960). The error model is then applied to the number of UMI families of each key region.
    Sequencing errors remain in families of a single read. Polymerase errors remain if the first copies of a molecule
    were wrong. An early PCR error is in one family only. So a clonotype whose reads alone would make it an error copy
    stays separate if it has molecules of its own.

    Args:
        rows: `region_id`, `umi` and `duplicate_count` of each row; no UMI is null.
        regions: key regions by falling `reads`, with `locus` and `key_region`; row i has the `region_id` i.
        scores: best Phred score of each base of the key regions, concatenated; None without qualities.
        settings: maximum distance and error rates.

    Returns:
        Two columns with a value for each row: `clonotype`, the `region_id` of the clonotype's key region; and
        `family_reads`, the number of reads of the row's UMI family.

    Raises:
        ClonotrackError: the UMIs differ in length, or have more than 31 nt.
    """
    heads, errors = neighbourhoods(regions, settings)
    counts = collect_umis(rows, heads[rows["region_id"].to_numpy()])
    families = counts.group_heads()[counts.index]
    votes = rows.select("region_id", "duplicate_count", family=pl.Series(families))
    votes = votes.group_by("family", "region_id").agg(pl.col("duplicate_count").sum())
    votes = votes.with_columns(family_reads=pl.col("duplicate_count").sum().over("family"))
    votes = votes.sort("family", "duplicate_count", "region_id", descending=[False, True, False])
    chosen = votes.unique("family", keep="first", maintain_order=True)
    family_reads = chosen["family_reads"].to_numpy()
    region_id = chosen["region_id"].to_numpy()
    errors = errors.for_molecules(float(np.mean(family_reads == 1)))
    clonotypes = _clonotypes_by_families(region_id, regions, scores, errors, settings)
    index = np.searchsorted(chosen["family"].to_numpy(), families)
    return {"clonotype": pl.Series(clonotypes[region_id][index]), "family_reads": pl.Series(family_reads[index])}


def _clonotypes_by_families(
    region_id: I64, regions: pl.DataFrame, scores: U8 | None, errors: ErrorModel, settings: Cluster
) -> I64:
    """Find the clonotype of each key region from the number of its UMI families.

    Args:
        region_id: `region_id` of the key region of each UMI family, shape (families,).
        regions: `locus` and `key_region`; row i has the `region_id` i.
        scores: best Phred score of each base of the key regions, concatenated; None without qualities.
        errors: error model for molecules.
        settings: maximum distance and error rates.

    Returns:
        `region_id` of the clonotype of each key region, shape (regions,); -1 for a key region without a UMI family.
    """
    families = np.bincount(region_id, minlength=regions.height)
    order = np.argsort(-families, kind="stable")[: int((families > 0).sum())]
    counted = regions.with_columns(reads=pl.Series(families))[order]
    if scores is not None:
        ends = np.cumsum(regions["key_region"].str.len_bytes().to_numpy().astype(np.int64))
        scores = Ragged(scores, np.concatenate([[0], ends])).take(order).codes
    clonotypes = np.full(regions.height, -1, dtype=np.int64)
    clonotypes[order] = order[clonotypes_of(counted, scores, settings, errors)[0]]
    return clonotypes
