"""Where the reads of a sample went."""

from __future__ import annotations

import polars as pl

from clonotrack.tables import QC, check


def quality_control(rearrangements: pl.DataFrame, clonotypes: pl.DataFrame, sample_id: str) -> pl.DataFrame:
    """Account for every read: `reads` = `reads_in_clonotypes` + `reads_without_rearrangement`.

    Args:
        rearrangements: REARRANGEMENTS that went into `cluster`.
        clonotypes: CLONOTYPES that came out.
        sample_id: name of the sample.

    Returns:
        QC; `reads_in_error_copies` are those in clonotypes whose own key region is another, and
        `reads_of_controls` those in clonotypes that are a control.
    """

    def reads(frame: pl.DataFrame) -> int:
        return int(frame["duplicate_count"].sum())

    keys = clonotypes.select("locus", "key_region").unique()
    regions = rearrangements.with_columns(pl.col("key_region").str.to_uppercase())
    own = regions.join(keys, on=["locus", "key_region"], how="semi")
    missing = pl.col("key_region").is_null() | pl.col("locus").is_null()
    values = {
        "reads": reads(rearrangements),
        "reads_in_clonotypes": reads(clonotypes),
        "reads_without_rearrangement": reads(rearrangements.filter(missing)),
        "reads_in_error_copies": reads(clonotypes) - reads(own),
        "reads_of_controls": reads(clonotypes.filter(pl.col("control_id").is_not_null())),
        "clonotypes": clonotypes.height,
    }
    units = ["clonotypes" if metric == "clonotypes" else "reads" for metric in values]
    frame = pl.DataFrame({"metric": list(values), "value": [float(value) for value in values.values()], "unit": units})
    return check(frame.with_columns(sample_id=pl.lit(sample_id), stage=pl.lit("cluster")), QC)
