"""Interval, p-value, LoB, LoD and LoQ: closed forms, definitions, monotonicity."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.distribution import EXACT_COUNTS, cdf
from clonotrack.stats.limits import (
    DecisionRule,
    critical_count,
    interval,
    limit_of_blank,
    limit_of_detection,
    limit_of_quantification,
    p_value,
    rms_error,
)
from clonotrack.stats.reads_per_cell import MoleculeModel
from clonotrack.stats.uncertainty import Uncertainty

RULE = DecisionRule(0.001, 1)
GARWOOD = {0: (0, 3.689), 1: (0.025, 5.572), 3: (0.619, 8.767), 10: (4.795, 18.390)}
# One molecule in ten million has a read, and none has two: reads are a Poisson count.
POISSON = CountModel((TubeModel(1e9, (MoleculeModel(1e-7, 0.0, 1.0),)),))
# Every cell has thousands of reads that do not vary: whole molecules are counted.
PERFECT = CountModel((TubeModel(1e5, (MoleculeModel(1e4, 0.0, 1.0),)),))


def model(
    reads_per_molecule: float = 3.0,
    *,
    markers: int = 1,
    background: float = 0.0,
    log_sd: float = 0.087,
    cells: float = 5e5,
) -> CountModel:
    tube = TubeModel(
        cells, (MoleculeModel(reads_per_molecule, 0.5, 0.6),) * markers, (GammaRate(background),) * markers
    )
    return CountModel((tube,), Uncertainty(log_sd))


@pytest.mark.parametrize("count", GARWOOD)
def test_a_pure_poisson_count_has_garwoods_limits(count: int) -> None:
    low, high = interval(POISSON, count, 0.95)
    assert (low * POISSON.counts_per_level, high * POISSON.counts_per_level) == pytest.approx(GARWOOD[count], abs=6e-4)


def test_without_a_read_the_upper_limit_is_that_of_cells_without_a_read() -> None:
    row = model(log_sd=0.0)
    seen = 1 - exp(log(cdf(row, 0, 1.0 / 5e5)))
    assert interval(row, 0, 0.95) == (0.0, pytest.approx(-log(0.025) / (-log(1 - seen)) / 5e5, rel=1e-6))


def test_if_every_cell_is_seen_the_lod_is_2_996_cells_and_the_rule_costs_at_most_a_twentieth() -> None:
    assert -log(0.05) <= limit_of_detection(PERFECT, RULE) * 1e5 <= -log(0.05) / 0.95
    assert interval(PERFECT, 0, 0.95)[1] * 1e5 == pytest.approx(-log(0.025), rel=1e-4)


@pytest.mark.parametrize("rho", [0.3, 3.0, 30.0, 300.0])
@pytest.mark.parametrize("markers", [1, 2])
def test_more_reads_never_lower_the_interval(rho: float, markers: int) -> None:
    row = model(rho, markers=markers)
    reads = sorted(
        {*range(12), *range(EXACT_COUNTS - 4, EXACT_COUNTS + 4), *np.geomspace(12, 50_000, 40).astype(int).tolist()}
    )
    lows, highs = zip(*(interval(row, count, 0.95) for count in reads), strict=True)
    assert (np.diff(lows) >= 0).all()
    assert (np.diff(highs) > 0).all()
    estimates = np.array(reads) / row.counts_per_level
    assert (np.array(lows) <= estimates).all()
    assert (estimates <= np.array(highs)).all()


def test_worse_calibration_widens_the_interval() -> None:
    good, poor = (interval(model(log_sd=sd), 90, 0.95) for sd in (0.05, 0.3))
    assert poor[0] < good[0] < good[1] < poor[1]


def test_background_lowers_the_lower_limit_only() -> None:
    clean, dirty = (interval(model(background=rate), 40, 0.95) for rate in (0.0, 5e-6))
    assert dirty[0] < clean[0]
    assert dirty[1] == clean[1]
    assert interval(model(background=5e-5), 40, 0.95)[0] == 0.0


def test_the_p_value_is_the_upper_tail_of_the_background() -> None:
    row = model(background=1e-6, log_sd=0.0)
    assert p_value(row, 0) == 1.0
    assert p_value(row, 11) == pytest.approx(1 - cdf(row, 10, 0.0), rel=1e-9)
    assert p_value(model(), 1) == 0.0


@pytest.mark.parametrize("rho", [0.2, 3.0, 10.0, 250.0])
@pytest.mark.parametrize("molecules", [1, 2, 3])
def test_without_background_95_percent_of_molecules_reach_the_critical_count(rho: float, molecules: int) -> None:
    """Of molecules with at least one read, 95 % reach the critical count, and fewer reach one read more."""
    rng = np.random.default_rng(7)
    yields = rng.lognormal(-(0.5**2) / 2, 0.5, size=(400_000, molecules))
    reads = rng.poisson(rho * yields).sum(axis=1)
    reads = reads[reads > 0]
    least = critical_count(model(rho, log_sd=0.0), DecisionRule(0.001, molecules))
    assert least >= molecules
    assert (reads >= least).mean() >= 0.948 or least == molecules
    assert (reads >= least + 1).mean() <= 0.952


@pytest.mark.parametrize("background", [1e-7, 1e-6, 1e-5])
def test_with_background_the_critical_count_is_the_first_at_or_below_alpha(background: float) -> None:
    row = model(background=background)
    reads = critical_count(row, RULE)
    assert p_value(row, reads) <= RULE.alpha < p_value(row, reads - 1) or reads == 1


@pytest.mark.parametrize("background", [1e-7, 1e-6, 1e-5])
def test_the_limit_of_blank_holds_95_percent_of_blank_samples(background: float) -> None:
    row = model(background=background)
    reads = round(limit_of_blank(row) * row.counts_per_level)
    assert cdf(row, reads, 0.0) >= 0.95
    assert cdf(row, reads - 1, 0.0) < 0.95
    assert limit_of_blank(model()) == 0.0


@pytest.mark.parametrize("rho", [0.3, 3.0, 30.0, 1000.0])
@pytest.mark.parametrize("background", [0.0, 1e-6])
def test_the_rule_calls_95_percent_at_the_limit_of_detection(rho: float, background: float) -> None:
    row = model(rho, background=background)
    reads, level = critical_count(row, RULE), limit_of_detection(row, RULE)
    assert 1 - cdf(row, reads - 1, level) == pytest.approx(0.95, abs=1e-5)


def test_cells_depth_and_markers_lower_the_limit_of_detection_and_background_raises_it() -> None:
    level = limit_of_detection(model(), RULE)
    assert limit_of_detection(model(cells=1e6), RULE) == pytest.approx(level / 2, rel=1e-6)
    assert limit_of_detection(model(0.3), RULE) > 2 * level
    assert limit_of_detection(model(markers=2), RULE) < level
    assert limit_of_detection(model(background=1e-6), RULE) > 2 * level


def test_the_limit_of_quantification_is_at_least_the_limit_of_detection() -> None:
    for rho, log_sd in ((3.0, 0.087), (3.0, 0.45), (0.3, 0.3)):
        row = model(rho, log_sd=log_sd)
        level = limit_of_quantification(row, RULE)
        assert level >= limit_of_detection(row, RULE)
        assert rms_error(row, RULE, level) <= 0.7 + 1e-4


def test_above_the_limit_of_detection_the_error_at_the_loq_is_seventy_percent() -> None:
    row = model(log_sd=0.45)
    level = limit_of_quantification(row, RULE)
    assert level > limit_of_detection(row, RULE)
    assert rms_error(row, RULE, level) == pytest.approx(0.7, abs=1e-4)


def test_if_calibration_is_too_poor_no_level_is_quantified() -> None:
    assert limit_of_quantification(model(log_sd=0.8), RULE) == 1.0
