"""Coverage, bias, limits and false calls on simulated counts: a part of `benchmarks/calibration.py`, fixed seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from clonotrack.quantify.background import ControlCount, posterior_rate, prior_mean
from clonotrack.quantify.index_hopping import estimate_share
from clonotrack.quantify.stage import quantify
from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.limits import DecisionRule
from clonotrack.stats.max_marker import HighestMarker
from clonotrack.stats.reads_per_cell import MoleculeModel
from tests.quantify import simulated_tables as tables
from tests.quantify.simulated_counts import (
    Truth,
    estimated_rows,
    interval_contains,
    oracle,
    simulate,
    simulate_calibrators,
    simulate_markers,
)

RULE = DecisionRule(0.001, 1)
BASE = Truth()
SCENARIOS = {
    "UMI": Truth("umi"),
    "UMI, shallow": Truth("umi", reads_per_molecule=0.3, efficiency=0.6),
    "9 x 40": BASE,
    "9 x 40, shallow": replace(BASE, reads_per_molecule=0.3),
    "9 x 40, eta 0.6": replace(BASE, efficiency=0.6),
    "1 x 100, eta 0.3": replace(BASE, calibrators=1, copies=100.0, efficiency=0.3),
    "2 markers": replace(BASE, markers=2),
    "4 markers by UMI, a 0.3": Truth("umi", markers=4, aliquot=0.3),
    "branching PCR": replace(BASE, amplification="branching"),
}


def covered(truth: Truth, cells: float, samples: int, seed: int) -> int:
    """Count the samples whose interval contains the true level."""
    level = cells / truth.cells
    drawn = simulate(truth, np.full(samples, level), np.random.default_rng(seed))
    rows = estimated_rows(truth, drawn.calibrators)
    return sum(
        interval_contains(row, tuple(counts), level) for row, counts in zip(rows, drawn.markers.tolist(), strict=True)
    )


@pytest.mark.parametrize("cells", [2.0, 20.0, 200.0])
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_interval_contains_the_true_level(name: str, cells: float) -> None:
    assert covered(SCENARIOS[name], cells, 400, 31) >= binom.ppf(0.002, 400, 0.945)


def test_the_interval_is_not_too_wide() -> None:
    truths = [Truth("umi"), BASE, replace(BASE, markers=2)]
    assert sum(covered(truth, 50.0, 400, 32) for truth in truths) <= binom.ppf(0.998, 1200, 0.985)


def test_interval_contains_agrees_with_the_interval() -> None:
    for truth in (BASE, replace(BASE, markers=2)):
        level = 20.0 / truth.cells
        drawn = simulate(truth, np.full(40, level), np.random.default_rng(2))
        for row, counts in zip(estimated_rows(truth, drawn.calibrators), drawn.markers.tolist(), strict=True):
            low, high = row.interval(tuple(counts), 0.95)
            assert interval_contains(row, tuple(counts), level) == (low <= level <= high)


def test_by_umi_with_the_capture_known_the_interval_is_garwoods() -> None:
    row = oracle(Truth("umi", reads_per_molecule=50.0))
    limits = [limit * 500_000 * 0.6 for limit in row.interval((10,), 0.95)]
    assert limits == pytest.approx([4.795, 18.390], abs=2e-3)


@pytest.mark.parametrize("truth", [BASE, Truth("umi_calibrators"), replace(BASE, calibrators=1, copies=100.0)])
def test_the_mean_is_within_three_percent_of_the_truth(truth: Truth) -> None:
    level = 60.0 / truth.cells
    drawn = simulate(truth, np.full(1600, level), np.random.default_rng(33))
    rows = estimated_rows(truth, drawn.calibrators)
    estimates = [row.estimate(tuple(counts)) for row, counts in zip(rows, drawn.markers.tolist(), strict=True)]
    assert np.mean(estimates) == pytest.approx(level, rel=0.03)


@pytest.mark.parametrize("name", ["UMI", "9 x 40", "9 x 40, shallow", "2 markers", "4 markers by UMI, a 0.3"])
def test_at_its_limit_of_detection_a_sample_is_positive_in_95_percent(name: str) -> None:
    truth, rng = SCENARIOS[name], np.random.default_rng(77)
    rows = estimated_rows(truth, simulate_calibrators(truth, 160, rng))
    levels = np.array([row.limit_of_detection(RULE) for row in rows])
    called = 0
    for _ in range(8):
        found = simulate_markers(truth, levels, rng).tolist()
        called += sum(row.is_positive(tuple(counts), RULE) for row, counts in zip(rows, found, strict=True))
    assert binom.ppf(0.002, 1280, 0.95) <= called <= binom.ppf(0.998, 1280, 0.955)


@pytest.mark.parametrize("name", ["9 x 40", "2 markers"])
def test_at_the_limit_of_quantification_the_rms_error_is_seventy_percent(name: str) -> None:
    truth, rng = SCENARIOS[name], np.random.default_rng(4)
    row = oracle(truth)
    level = row.limit_of_quantification(RULE)
    found = [tuple(counts) for counts in simulate_markers(truth, np.full(6000, level), rng).tolist()]
    errors = [(row.is_positive(counts, RULE) * row.estimate(counts) / level - 1) ** 2 for counts in found]
    assert np.mean(errors) ** 0.5 == pytest.approx(row.rms_error(RULE, level) if len(row.models) > 1 else 0.7, abs=0.03)
    assert np.mean(errors) ** 0.5 <= 0.72


@pytest.mark.parametrize("markers", [1, 2, 4])
def test_a_background_that_small_controls_miss_is_not_called_positive(markers: int) -> None:
    truth = Truth("umi", reads_per_molecule=10.0, background=1e-6, markers=markers)
    empty = ControlCount(truth.cells, truth.cells * truth.capture, 0, 0.0, 1.0, 1.0)
    row = oracle(truth, posterior_rate(prior_mean([empty] * (markers - 1), 1e-6), [empty]))
    found = simulate_markers(truth, np.zeros(4000), np.random.default_rng(6)).tolist()
    assert sum(row.is_positive(tuple(counts), RULE) for counts in found) <= binom.ppf(0.99, 4000, 0.001)


@pytest.mark.parametrize("tubes", [8, 96])
def test_index_hopping_from_the_own_baseline_is_not_called_positive(tubes: int) -> None:
    rng, share, source = np.random.default_rng(9), 0.001, 6e5
    offered = np.full(tubes // 2 * (tubes - 2), source / (tubes - 1))
    rate, pairs = estimate_share(rng.poisson(share * offered).astype(np.float64), offered)
    assert rate.mean == pytest.approx(share, rel=0.1)
    assert pairs >= 0.95 * len(offered)
    carried = source / (tubes - 1)
    row, best = (
        HighestMarker((CountModel((TubeModel(5e5, (MoleculeModel(3.0, 0.5, 0.6),), (), (known,)),)),))
        for known in (GammaRate(rate.mean * carried, rate.shape), GammaRate(share * carried))
    )
    assert sum(rng.poisson(share * carried, 5000) >= row.critical_counts(RULE)[0]) <= binom.ppf(0.99, 5000, 0.001)
    assert row.limit_of_detection(RULE) <= 1.5 * best.limit_of_detection(RULE)


def test_one_contaminated_pair_does_not_change_the_hopping_share() -> None:
    offered = np.full(24, 1e5)
    clean = np.random.default_rng(1).poisson(1e-4 * offered).astype(np.float64)
    dirty = clean.copy()
    dirty[3] = 5000
    assert estimate_share(dirty, offered)[0].mean == pytest.approx(estimate_share(clean, offered)[0].mean, rel=0.1)


@pytest.mark.parametrize("level", [1e-4, 0.0])
def test_the_intervals_of_the_whole_stage_contain_the_true_level(level: float) -> None:
    rows = tables.quantified(tables.Scenario(level, markers=2), 80, 20_000).mrd
    for marker_id in ("P.M0", "combined"):
        own = rows.filter(pl.col("marker_id") == marker_id)
        inside = own.filter(pl.col("mrd_low") <= level, pl.col("mrd_high") >= level).height
        assert inside >= binom.ppf(0.002, 80, 0.945)
    assert set(rows.get_column("call")) == {"positive" if level else "negative"}


def test_expected_counts_recover_the_level() -> None:
    """Expected counts in, the truth out: 5,000 clone cells among 500,000, 3,000 molecules, 9,000 reads."""
    truth = tables.Scenario(1e-2)
    drawn = tables.Counts(np.array([[9000]]), np.full((1, 9), 72))
    known, settings = {"default": tables.controls(truth)}, tables.config(truth)
    result = quantify(tables.hits(drawn), tables.sheet(truth, 1), tables.markers(truth), known, settings)
    row = tables.rows_of(result, "P.M0").row(0, named=True)
    assert row["mrd"] == pytest.approx(1e-2, rel=0.02)  # over the coefficient's error: one part in a hundred
    recomputed = row["molecules"] / (row["capture"] * row["copies_per_cell"]) / row["input_cells"]
    assert recomputed == pytest.approx(row["mrd"])
