"""How MRD moved from sample to sample: KINETICS."""

from __future__ import annotations

import polars as pl

from clonotrack.tables import KINETICS, check


def kinetics(mrd: pl.DataFrame) -> pl.DataFrame:
    """KINETICS of an MRD frame: each sample of a patient beside the one before it, by marker and `combined`.

    Samples without a day cannot be put in order and are left out. log10_change is the logarithm of the ratio of
    the two estimates, empty where one of them is zero or was not made; zero is not a level but "less than LoD".
    """
    series = ("subject_id", "marker_id")
    ordered = mrd.filter(pl.col("day").is_not_null()).sort(*series, "day", maintain_order=True)
    level = pl.when(pl.col("mrd") > 0).then(pl.col("mrd"))
    rows = ordered.with_columns(
        previous_sample_id=pl.col("sample_id").shift().over(series),
        days_between=pl.col("day") - pl.col("day").shift().over(series),
        log10_change=level.log10() - level.log10().shift().over(series),
    )
    return check(rows.filter(pl.col("previous_sample_id").is_not_null()), KINETICS)
