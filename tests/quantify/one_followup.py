"""One follow-up of patient P with 90 reads of its marker, quantified after one change of its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from clonotrack.config import Config
from clonotrack.quantify.stage import Result, quantify
from clonotrack.tables import FAILURES, FLAGS, SAMPLES
from tests.quantify.simulated_tables import Counts, Scenario, config, controls, hits, markers, sheet

SCENARIO = Scenario(1e-2)
COUNTED = Counts(np.array([[90]]), np.full((1, 9), 72))


def run(
    *,
    counted: pl.DataFrame | None = None,
    samples: pl.DataFrame | None = None,
    marker_table: pl.DataFrame | None = None,
    control_tables: dict[str | None, pl.DataFrame] | None = None,
    settings: Config | None = None,
    background: pl.DataFrame | None = None,
) -> Result:
    return quantify(
        hits(COUNTED) if counted is None else counted,
        sheet(SCENARIO, 1) if samples is None else samples,
        markers(SCENARIO) if marker_table is None else marker_table,
        {"default": controls(SCENARIO)} if control_tables is None else control_tables,
        settings or config(SCENARIO),
        background,
    )


def only(result: Result, marker_id: str = "P.M0") -> dict[str, Any]:
    return result.mrd.filter(pl.col("marker_id") == marker_id).row(0, named=True)


def sample_sheet(**cells: object) -> pl.DataFrame:
    return sheet(SCENARIO, 1).with_columns(
        pl.lit(value, dtype=SAMPLES.schema()[name]).alias(name) for name, value in cells.items()
    )


def with_reads(frame: pl.DataFrame, kind: str, reads: int) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.col("target_kind") == kind).then(pl.lit(reads, dtype=pl.Int64)).otherwise("reads").alias("reads")
    )


def with_umis(frame: pl.DataFrame, umis: dict[str, int | None]) -> pl.DataFrame:
    """Return the same hits of a library with UMIs, with the given UMIs for each kind of target."""
    counts = [pl.when(pl.col("target_kind") == kind).then(pl.lit(n, dtype=pl.Int64)) for kind, n in umis.items()]
    return frame.with_columns(pl.coalesce(counts).alias("umis"))


def assert_failed(row: dict[str, Any], flag: str) -> None:
    assert row["call"] == "failed"
    assert flag in row["flags"].split(",")
    assert flag in FLAGS
    assert flag in FAILURES
    numbers = ("clone_cells", "mrd", "mrd_low", "mrd_high", "lob", "lod", "loq", "p_value")
    assert [row[name] for name in numbers] == [None] * len(numbers)
