"""What the result claims, against samples of known truth: cells of `benchmarks/calibration.py`, fixed seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from clonotrack.quantify.background import Control, posterior, prior_mean
from clonotrack.quantify.index_hopping import estimate
from clonotrack.quantify.stage import quantify
from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.limits import Rule
from clonotrack.stats.max_marker import Highest
from clonotrack.stats.reads_per_cell import Seeing
from tests.quantify import counts as tables
from tests.quantify.truth import Truth, draw, draw_calibrators, draw_markers, holds, judges, oracle

RULE = Rule(0.001, 1)
BASE = Truth()
CELLS = {
    "UMI": Truth("umi"),
    "UMI, shallow": Truth("umi", rho=0.3, efficiency=0.6),
    "9 x 40": BASE,
    "9 x 40, shallow": replace(BASE, rho=0.3),
    "9 x 40, eta 0.6": replace(BASE, efficiency=0.6),
    "1 x 100, eta 0.3": replace(BASE, calibrators=1, copies=100.0, efficiency=0.3),
    "2 markers": replace(BASE, markers=2),
    "4 markers by UMI, a 0.3": Truth("umi", markers=4, aliquot=0.3),
    "branching PCR": replace(BASE, amplification="branching"),
}


def held(truth: Truth, cells: float, samples: int, seed: int) -> int:
    """Samples whose interval holds the truth."""
    level = cells / truth.cells
    drawn = draw(truth, np.full(samples, level), np.random.default_rng(seed))
    rows = judges(truth, drawn.calibrators)
    return sum(holds(row, tuple(seen), level) for row, seen in zip(rows, drawn.markers.tolist(), strict=True))


@pytest.mark.parametrize("cells", [2.0, 20.0, 200.0])
@pytest.mark.parametrize("name", CELLS)
def test_the_interval_holds_the_truth(name: str, cells: float) -> None:
    assert held(CELLS[name], cells, 400, 31) >= binom.ppf(0.002, 400, 0.945)


def test_the_interval_does_not_hold_the_truth_too_often() -> None:
    truths = [Truth("umi"), BASE, replace(BASE, markers=2)]
    assert sum(held(truth, 50.0, 400, 32) for truth in truths) <= binom.ppf(0.998, 1200, 0.985)


def test_holding_is_lying_in_the_interval() -> None:
    for truth in (BASE, replace(BASE, markers=2)):
        level = 20.0 / truth.cells
        drawn = draw(truth, np.full(40, level), np.random.default_rng(2))
        for row, seen in zip(judges(truth, drawn.calibrators), drawn.markers.tolist(), strict=True):
            low, high = row.interval(tuple(seen), 0.95)
            assert holds(row, tuple(seen), level) == (low <= level <= high)


def test_by_umi_with_the_capture_known_the_interval_is_garwoods() -> None:
    row = oracle(Truth("umi", rho=50.0))
    limits = [limit * 500_000 * 0.6 for limit in row.interval((10,), 0.95)]
    assert limits == pytest.approx([4.795, 18.390], abs=2e-3)


@pytest.mark.parametrize("truth", [BASE, Truth("umi_calibrators"), replace(BASE, calibrators=1, copies=100.0)])
def test_the_mean_is_within_three_percent_of_the_truth(truth: Truth) -> None:
    level = 60.0 / truth.cells
    drawn = draw(truth, np.full(1600, level), np.random.default_rng(33))
    rows = judges(truth, drawn.calibrators)
    estimates = [row.estimate(tuple(seen)) for row, seen in zip(rows, drawn.markers.tolist(), strict=True)]
    assert np.mean(estimates) == pytest.approx(level, rel=0.03)


@pytest.mark.parametrize("name", ["UMI", "9 x 40", "9 x 40, shallow", "2 markers", "4 markers by UMI, a 0.3"])
def test_at_its_limit_of_detection_a_sample_is_called_in_95_percent(name: str) -> None:
    truth, rng = CELLS[name], np.random.default_rng(77)
    rows = judges(truth, draw_calibrators(truth, 160, rng))
    levels = np.array([row.limit_of_detection(RULE) for row in rows])
    called = 0
    for _ in range(8):
        found = draw_markers(truth, levels, rng).tolist()
        called += sum(row.met(tuple(seen), RULE) for row, seen in zip(rows, found, strict=True))
    assert binom.ppf(0.002, 1280, 0.95) <= called <= binom.ppf(0.998, 1280, 0.955)


@pytest.mark.parametrize("name", ["9 x 40", "2 markers"])
def test_at_the_limit_of_quantification_the_rms_error_is_seventy_percent(name: str) -> None:
    truth, rng = CELLS[name], np.random.default_rng(4)
    row = oracle(truth)
    level = row.limit_of_quantification(RULE)
    found = [tuple(seen) for seen in draw_markers(truth, np.full(6000, level), rng).tolist()]
    errors = [(row.met(seen, RULE) * row.estimate(seen) / level - 1) ** 2 for seen in found]
    assert np.mean(errors) ** 0.5 == pytest.approx(
        row.rms_error(RULE, level) if len(row.processes) > 1 else 0.7, abs=0.03
    )
    assert np.mean(errors) ** 0.5 <= 0.72


@pytest.mark.parametrize("markers", [1, 2, 4])
def test_a_background_that_small_controls_do_not_show_is_not_called(markers: int) -> None:
    truth = Truth("umi", rho=10.0, background=1e-6, markers=markers)
    empty = Control(truth.cells, truth.cells * truth.capture, 0, 0.0, 1.0, 1.0)
    row = oracle(truth, posterior(prior_mean([empty] * (markers - 1), 1e-6), [empty]))
    found = draw_markers(truth, np.zeros(4000), np.random.default_rng(6)).tolist()
    assert sum(row.met(tuple(seen), RULE) for seen in found) <= binom.ppf(0.99, 4000, 0.001)


@pytest.mark.parametrize("tubes", [8, 96])
def test_what_hops_from_the_own_baseline_is_not_called_and_the_limit_says_so(tubes: int) -> None:
    rng, share, source = np.random.default_rng(9), 0.001, 6e5
    offered = np.full(tubes // 2 * (tubes - 2), source / (tubes - 1))
    rate, pairs = estimate(rng.poisson(share * offered).astype(np.float64), offered)
    assert rate.mean == pytest.approx(share, rel=0.1)
    assert pairs >= 0.95 * len(offered)
    carried = source / (tubes - 1)
    row, best = (
        Highest((Process((Tube(5e5, (Seeing(3.0, 0.5, 0.6),), (), (known,)),)),))
        for known in (Gamma(rate.mean * carried, rate.shape), Gamma(share * carried))
    )
    assert sum(rng.poisson(share * carried, 5000) >= row.critical(RULE)[0]) <= binom.ppf(0.99, 5000, 0.001)
    assert row.limit_of_detection(RULE) <= 1.5 * best.limit_of_detection(RULE)


def test_one_contaminated_pair_does_not_move_the_share_that_hops() -> None:
    offered = np.full(24, 1e5)
    clean = np.random.default_rng(1).poisson(1e-4 * offered).astype(np.float64)
    dirty = clean.copy()
    dirty[3] = 5000
    assert estimate(dirty, offered)[0].mean == pytest.approx(estimate(clean, offered)[0].mean, rel=0.1)


@pytest.mark.parametrize("level", [1e-4, 0.0])
def test_the_whole_stage_holds_the_truth(level: float) -> None:
    rows = tables.measured(tables.Truth(level, markers=2), 80, 20_000).mrd
    for marker_id in ("P.M0", "combined"):
        own = rows.filter(pl.col("marker_id") == marker_id)
        inside = own.filter(pl.col("mrd_low") <= level, pl.col("mrd_high") >= level).height
        assert inside >= binom.ppf(0.002, 80, 0.945)
    assert set(rows.get_column("call")) == {"positive" if level else "negative"}


def test_reads_that_match_perfectly_in_number_recover_the_level() -> None:
    """Expected counts in, the truth out: 5,000 clone cells among 500,000, 3,000 molecules, 9,000 reads."""
    truth = tables.Truth(1e-2)
    drawn = tables.Drawn(np.array([[9000]]), np.full((1, 9), 72))
    known, settings = {"default": tables.controls(truth)}, tables.config(truth)
    result = quantify(tables.hits(drawn), tables.sheet(truth, 1), tables.markers(truth), known, settings)
    row = tables.rows_of(result, "P.M0").row(0, named=True)
    assert row["mrd"] == pytest.approx(1e-2, rel=0.02)  # over the coefficient's error: one part in a hundred
    recomputed = row["molecules"] / (row["capture"] * row["copies_per_cell"]) / row["input_cells"]
    assert recomputed == pytest.approx(row["mrd"])
