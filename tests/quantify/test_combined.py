"""The combined row over several markers, and the order of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clonotrack.quantify.stage import Result, quantify
from tests.quantify.one_followup import SCENARIO, only
from tests.quantify.simulated_tables import Counts, Scenario, config, controls, hits, markers, quantified, sheet


def two_markers(first: int, second: int, **settings: object) -> Result:
    scenario = replace(SCENARIO, markers=2)
    counted = hits(Counts(np.array([[first, second]]), np.full((1, 9), 72)))
    return quantify(
        counted, sheet(scenario, 1), markers(scenario), {"default": controls(scenario)}, config(scenario, **settings)
    )


def test_the_combined_row_states_the_highest_marker_and_the_pooled_estimate_beside_it() -> None:
    result = two_markers(90, 60)
    row, first, second = only(result, "combined"), only(result), only(result, "P.M1")
    assert (row["reads"], row["mrd"], row["clone_cells"]) == (90, first["mrd"], first["clone_cells"])
    assert row["pooled_mrd"] == pytest.approx((first["mrd"] + second["mrd"]) / 2)
    assert first["pooled_mrd"] is None
    assert row["pooled_high"] / row["pooled_low"] < first["mrd_high"] / first["mrd_low"]


def test_the_combined_row_can_be_pooled() -> None:
    row = only(two_markers(90, 60, combine="pooled"), "combined")
    assert (row["reads"], row["copies_per_cell"], row["pooled_mrd"]) == (150, 2.0, None)
    assert row["mrd"] == pytest.approx(only(two_markers(90, 60), "combined")["pooled_mrd"])


def test_markers_of_a_small_part_of_the_specimen_are_less_alike() -> None:
    """The same tube, of 3.25 micrograms that were extracted or of 65."""
    scenario = replace(SCENARIO, markers=2)
    counted = hits(Counts(np.array([[0, 0]]), np.full((1, 9), 72)))

    def limit(extracted: float) -> float:
        frame = sheet(scenario, 1).with_columns(input_cells=pl.lit(None, dtype=pl.Float64), input_ng=pl.lit(3250.0))
        samples = frame.with_columns(extracted_ng=pl.lit(extracted))
        result = quantify(counted, samples, markers(scenario), {"default": controls(scenario)}, config(scenario))
        return float(only(result, "combined")["lod"])

    assert limit(65_000.0) < 0.98 * limit(3250.0)


def test_markers_that_differ_by_more_than_chance_are_flagged() -> None:
    assert "markers_disagree" in str(only(two_markers(900, 90), "combined")["flags"])
    assert "markers_disagree" not in str(only(two_markers(900, 800), "combined")["flags"])


def test_rows_are_sorted_by_day() -> None:
    result = quantified(Scenario(1e-4), 12, 3)
    assert result.mrd.get_column("day").is_sorted()
