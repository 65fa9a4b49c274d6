"""Report the QC metrics of the stage cluster: reads in clonotypes, and the counting of molecules."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.cluster.stage import ClusterResult
from clonotrack.tables import QC, check
from clonotrack.umi.molecules import Molecules

HISTOGRAM_BINS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 200, 500, 1000)
"""Lower ends of the bins of the histogram of reads per UMI."""


def cluster_qc(result: ClusterResult, sample_id: str) -> pl.DataFrame:
    """Make the QC rows of the stage cluster for one sample.

    Args:
        result: result of `cluster_batches`.
        sample_id: name of the sample.

    Returns:
        QC. `reads` = `reads_in_clonotypes` + `reads_without_rearrangement`. `reads_in_error_copies` are reads in
        clonotypes whose key region differs from that of their clonotype. `reads_of_controls` are reads of clonotypes
        that are controls. With UMIs, metrics of the molecules follow.
    """
    clonotypes = result.clonotypes
    in_clonotypes = int(clonotypes["duplicate_count"].sum())
    values = {
        "reads": result.reads,
        "reads_in_clonotypes": in_clonotypes,
        "reads_without_rearrangement": result.reads_without_key_region,
        "reads_in_error_copies": in_clonotypes - result.exact_reads,
        "reads_of_controls": int(clonotypes.filter(pl.col("control_id").is_not_null())["duplicate_count"].sum()),
        "clonotypes": clonotypes.height,
    }
    units = ["clonotypes" if metric == "clonotypes" else "reads" for metric in values]
    rows = [(metric, float(value), unit) for (metric, value), unit in zip(values.items(), units, strict=True)]
    rows += _molecule_metrics(result.molecules) if result.molecules else []
    frame = pl.DataFrame(rows, schema=["metric", "value", "unit"], orient="row")
    return check(frame.with_columns(sample_id=pl.lit(sample_id), stage=pl.lit("cluster")), QC)


def _molecule_metrics(molecules: Molecules) -> list[tuple[str, float, str]]:
    """List the metrics of molecule counting as (metric, value, unit), with the histogram of reads per molecule.

    The histogram has the metrics `umis_of_<n>_reads`. Clonotypes whose UMI space is saturated are left out of the sums.
    """
    values = [
        ("umi_groups", float(molecules.directional_groups.sum()), "UMIs"),
        ("molecules", float(np.nansum(molecules.observed)), "molecules"),
        ("molecules_with_unseen", float(np.nansum(molecules.total)), "molecules"),
        ("molecules_sharing_a_umi", float(np.nansum(molecules.collided)), "molecules"),
        ("clonotypes_with_full_umi_space", float(molecules.saturated.sum()), "clonotypes"),
        ("umi_threshold", float(molecules.min_reads), "reads"),
        ("umi_error_rate", molecules.error_rate, "per base"),
        ("umi_space", molecules.umi_space, "UMIs"),
        ("reads_per_molecule", molecules.distribution.mean, "reads"),
        ("dispersion", molecules.distribution.sd, "log"),
    ]
    if np.isnan(molecules.total).all():
        values = [value for value in values if value[0] != "molecules_with_unseen"]
    for low, high in pairwise((*HISTOGRAM_BINS, len(molecules.histogram))):
        name = f"umis_of_{low}_reads" if high == low + 1 else f"umis_of_{low}_to_{high - 1}_reads"
        if low < len(molecules.histogram):
            values.append((name, float(molecules.histogram[low:high].sum()), "molecules"))
    return values
