"""Where the reads of a sample went."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from clonotrack.cluster.stage import Clustered
from clonotrack.tables import QC, check
from clonotrack.umi.molecules import Molecules

READS_PER_UMI = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 200, 500, 1000)
"""Lower ends of the classes of the histogram of reads per UMI."""


def quality_control(found: Clustered, sample_id: str) -> pl.DataFrame:
    """Account for every read: `reads` = `reads_in_clonotypes` + `reads_without_rearrangement`.

    Args:
        found: what came out of `clustered`.
        sample_id: name of the sample.

    Returns:
        QC; `reads_in_error_copies` are those in clonotypes whose own key region is another, and
        `reads_of_controls` those in clonotypes that are a control. With UMIs also what `_of_umis` says.
    """
    clonotypes = found.clonotypes
    in_clonotypes = int(clonotypes["duplicate_count"].sum())
    values = {
        "reads": found.reads,
        "reads_in_clonotypes": in_clonotypes,
        "reads_without_rearrangement": found.without,
        "reads_in_error_copies": in_clonotypes - found.own,
        "reads_of_controls": int(clonotypes.filter(pl.col("control_id").is_not_null())["duplicate_count"].sum()),
        "clonotypes": clonotypes.height,
    }
    units = ["clonotypes" if metric == "clonotypes" else "reads" for metric in values]
    rows = [(metric, float(value), unit) for (metric, value), unit in zip(values.items(), units, strict=True)]
    rows += _of_umis(found.molecules) if found.molecules else []
    frame = pl.DataFrame(rows, schema=["metric", "value", "unit"], orient="row")
    return check(frame.with_columns(sample_id=pl.lit(sample_id), stage=pl.lit("cluster")), QC)


def _of_umis(found: Molecules) -> list[tuple[str, float, str]]:
    """How the molecules were counted, and the histogram of their reads (`umis_of_<n>_reads`).

    Clonotypes whose UMI space is too full are in none of the sums.
    """
    values = [
        ("umi_groups", float(found.groups.sum()), "UMIs"),
        ("molecules", float(np.nansum(found.seen)), "molecules"),
        ("molecules_with_unseen", float(np.nansum(found.total)), "molecules"),
        ("molecules_sharing_a_umi", float(np.nansum(found.collided)), "molecules"),
        ("clonotypes_with_full_umi_space", float(found.full.sum()), "clonotypes"),
        ("umi_threshold", float(found.least), "reads"),
        ("umi_error_rate", found.error_rate, "per base"),
        ("umi_space", found.space, "UMIs"),
        ("reads_per_molecule", found.law.mean, "reads"),
        ("dispersion", found.law.sd, "log"),
    ]
    if np.isnan(found.total).all():
        values = [value for value in values if value[0] != "molecules_with_unseen"]
    for low, high in pairwise((*READS_PER_UMI, len(found.histogram))):
        name = f"umis_of_{low}_reads" if high == low + 1 else f"umis_of_{low}_to_{high - 1}_reads"
        if low < len(found.histogram):
            values.append((name, float(found.histogram[low:high].sum()), "molecules"))
    return values
