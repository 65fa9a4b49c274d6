"""What the result claims, held against samples of known truth: 200 seeds a level, through the whole stage.

`benchmarks/quantify.py` prints a larger grid.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from clonotrack.quantify import quantify
from tests.quantify.counts import (
    Drawn,
    Truth,
    config,
    controls,
    draw,
    hits,
    markers,
    measured,
    rows_of,
    sheet,
)

SEEDS = 200
LEVELS = (1e-2, 1e-4, 1e-5)


@lru_cache
def series(level: float, count: int) -> pl.DataFrame:
    """MRD rows of 200 samples at one level: 500,000 cells, capture 0.6, 3 reads a molecule, calibrators 9 x 40."""
    return measured(Truth(level, markers=count), SEEDS, 20_000 + round(level * 1e6) + count).mrd


def covered(rows: pl.DataFrame, level: float) -> int:
    return rows.filter(pl.col("mrd_low") <= level, pl.col("mrd_high") >= level).height


@pytest.mark.parametrize("level", [*LEVELS, 0.0])
@pytest.mark.parametrize("marker_id", ["P.M0", "combined"])
@pytest.mark.parametrize("count", [1, 2])
def test_the_interval_holds_the_truth(level: float, marker_id: str, count: int) -> None:
    rows = series(level, count).filter(pl.col("marker_id") == marker_id)
    assert covered(rows, level) >= binom.ppf(0.01, SEEDS, 0.935)


def test_the_interval_holds_the_truth_over_all_levels() -> None:
    rows = [series(level, count).filter(pl.col("marker_id") == "combined") for level in LEVELS for count in (1, 2)]
    held = sum(covered(frame, level) for frame, level in zip(rows, np.repeat(LEVELS, 2), strict=True))
    assert 0.935 <= held / (SEEDS * len(rows)) <= 0.985


@pytest.mark.parametrize("count", [1, 2])
def test_a_sample_without_the_clone_is_negative(count: int) -> None:
    calls = series(0.0, count).get_column("call").unique().to_list()
    assert calls == ["negative"]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("level", [1e-2, 1e-4])
def test_a_clone_well_over_the_limit_of_quantification_is_positive(level: float, count: int) -> None:
    assert series(level, count).get_column("call").unique().to_list() == ["positive"]


@pytest.mark.parametrize(("level", "samples"), [(1e-2, 200), (1e-4, 600), (4e-5, 1500)])
def test_the_mean_is_within_three_percent_of_the_truth(level: float, samples: int) -> None:
    rows = rows_of(measured(Truth(level), samples, 31), "P.M0")
    assert level * 500_000 * 0.6 >= 10
    assert rows.get_column("mrd").mean() == pytest.approx(level, rel=0.03)


@pytest.mark.parametrize(
    "truth",
    [
        Truth(0.0),
        pytest.param(Truth(0.0, markers=2), marks=pytest.mark.slow),
        pytest.param(Truth(0.0, rho=0.5), marks=pytest.mark.slow),
        pytest.param(Truth(0.0, background=5e-7), marks=pytest.mark.slow),
    ],
)
def test_at_its_limit_of_detection_a_sample_is_called_in_95_percent(truth: Truth) -> None:
    samples = 1200
    rng = np.random.default_rng(77)
    calibrators = draw(truth, samples, rng).calibrators
    blank = np.zeros((samples, truth.markers), dtype=np.int64)
    known = {"default": controls(truth)}

    def rows(reads: np.ndarray) -> pl.DataFrame:
        found = quantify(
            hits(Drawn(reads, calibrators)), sheet(truth, samples), markers(truth), known, config(truth)
        ).mrd
        return found.filter(pl.col("marker_id") == "combined").sort("day")

    levels = rows(blank).get_column("lod").to_list()
    reads = np.concatenate([draw(replace(truth, level=level), 1, rng).markers for level in levels])
    called = rows(reads).filter(pl.col("call").str.starts_with("positive")).height
    assert binom.ppf(0.005, samples, 0.95) <= called <= binom.ppf(0.995, samples, 0.95)


@pytest.mark.slow
@pytest.mark.parametrize("truth", [Truth(0.0, background=1e-6), Truth(0.0, background=1e-6, markers=4)])
def test_background_is_called_in_at_most_one_sample_of_a_thousand(truth: Truth) -> None:
    samples = 2000
    result = measured(truth, samples, 5)
    calls = rows_of(result, "combined").get_column("call")
    assert calls.str.starts_with("positive").sum() <= binom.ppf(0.99, samples, 0.001)
    single = result.mrd.filter(pl.col("marker_id") != "combined").group_by("sample_id")
    any_marker = single.agg(pl.col("call").str.starts_with("positive").any()).get_column("call").sum()
    assert any_marker <= binom.ppf(0.99, samples, 0.001)


@pytest.mark.parametrize(
    "truth",
    [
        Truth(0.0),
        Truth(0.0, calibrators=1),
        pytest.param(Truth(0.0, background=1e-6), marks=pytest.mark.slow),
    ],
)
def test_at_the_limit_of_quantification_the_rms_error_is_at_most_seventy_percent(truth: Truth) -> None:
    level = float(rows_of(measured(truth, 400, 3), "P.M0").get_column("loq").median() or 0)
    rows = rows_of(measured(replace(truth, level=level), 1500, 4), "P.M0")
    estimate = rows.select(pl.when(pl.col("call").str.starts_with("positive")).then("mrd").otherwise(0.0)).to_series()
    error = float(((estimate / level - 1) ** 2).mean() or 0) ** 0.5
    assert error <= 0.70 * 1.03


def test_reads_that_match_perfectly_in_number_recover_the_level_exactly() -> None:
    """Expected counts in, the truth out: 5,000 clone cells among 500,000, 3,000 molecules, 9,000 reads."""
    truth = Truth(1e-2)
    drawn = Drawn(np.array([[9000]]), np.full((1, 9), 72))
    result = quantify(hits(drawn), sheet(truth, 1), markers(truth), {"default": controls(truth)}, config(truth))
    row = rows_of(result, "P.M0").row(0, named=True)
    assert row["molecules"] == pytest.approx(3000)
    assert row["clone_cells"] == pytest.approx(5000)
    assert row["mrd"] == pytest.approx(1e-2)
    recomputed = row["molecules"] / (row["capture"] * row["copies_per_cell"]) / row["input_cells"]
    assert recomputed == pytest.approx(row["mrd"])
