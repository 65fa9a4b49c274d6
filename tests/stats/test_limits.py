"""Interval, p-value, LoB, LoD and LoQ: closed forms, definitions, monotonicity."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.distribution import EXACT, cumulative
from clonotrack.stats.limits import (
    Rule,
    critical_counts,
    interval,
    limit_of_blank,
    limit_of_detection,
    limit_of_quantification,
    p_value,
    rms_error,
)
from clonotrack.stats.reads_per_cell import Seeing
from clonotrack.stats.uncertainty import Spread

RULE = Rule(0.001, 1)
GARWOOD = {0: (0, 3.689), 1: (0.025, 5.572), 3: (0.619, 8.767), 10: (4.795, 18.390)}
# Molecules seen one in ten million: no molecule twice, so that reads are a pure Poisson count.
POISSON = Process((Tube(1e9, (Seeing(1e-7, 0.0, 1.0),)),))
# Every cell seen, by thousands of reads that do not vary: whole molecules are counted.
PERFECT = Process((Tube(1e5, (Seeing(1e4, 0.0, 1.0),)),))


def process(
    rho: float = 3.0, *, markers: int = 1, background: float = 0.0, log_sd: float = 0.087, cells: float = 5e5
) -> Process:
    tube = Tube(cells, (Seeing(rho, 0.5, 0.6),) * markers, (Gamma(background),) * markers)
    return Process((tube,), Spread(log_sd))


@pytest.mark.parametrize("count", GARWOOD)
def test_a_pure_poisson_count_has_garwoods_limits(count: int) -> None:
    low, high = interval(POISSON, count, 0.95)
    assert (low * POISSON.per_level, high * POISSON.per_level) == pytest.approx(GARWOOD[count], abs=6e-4)


def test_without_a_read_the_upper_limit_is_that_of_cells_that_give_none() -> None:
    row = process(log_sd=0.0)
    seen = 1 - exp(log(cumulative(row, 0, 1.0 / 5e5)))
    assert interval(row, 0, 0.95) == (0.0, pytest.approx(-log(0.025) / (-log(1 - seen)) / 5e5, rel=1e-6))


def test_perfect_seeing_needs_three_cells_to_detect_and_the_rule_takes_at_most_a_twentieth() -> None:
    assert -log(0.05) <= limit_of_detection(PERFECT, RULE) * 1e5 <= -log(0.05) / 0.95
    assert interval(PERFECT, 0, 0.95)[1] * 1e5 == pytest.approx(-log(0.025), rel=1e-4)


@pytest.mark.parametrize("rho", [0.3, 3.0, 30.0, 300.0])
@pytest.mark.parametrize("markers", [1, 2])
def test_more_reads_never_lower_the_interval(rho: float, markers: int) -> None:
    row = process(rho, markers=markers)
    reads = sorted({*range(12), *range(EXACT - 4, EXACT + 4), *np.geomspace(12, 50_000, 40).astype(int).tolist()})
    lows, highs = zip(*(interval(row, count, 0.95) for count in reads), strict=True)
    assert (np.diff(lows) >= 0).all()
    assert (np.diff(highs) > 0).all()
    estimates = np.array(reads) / row.per_level
    assert (np.array(lows) <= estimates).all()
    assert (estimates <= np.array(highs)).all()


def test_worse_calibration_widens_the_interval() -> None:
    good, poor = (interval(process(log_sd=sd), 90, 0.95) for sd in (0.05, 0.3))
    assert poor[0] < good[0] < good[1] < poor[1]


def test_background_lowers_the_lower_limit_only() -> None:
    clean, dirty = (interval(process(background=rate), 40, 0.95) for rate in (0.0, 5e-6))
    assert dirty[0] < clean[0]
    assert dirty[1] == clean[1]
    assert interval(process(background=5e-5), 40, 0.95)[0] == 0.0


def test_the_p_value_is_the_upper_tail_of_the_background() -> None:
    row = process(background=1e-6, log_sd=0.0)
    assert p_value(row, 0) == 1.0
    assert p_value(row, 11) == pytest.approx(1 - cumulative(row, 10, 0.0), rel=1e-9)
    assert p_value(process(), 1) == 0.0


@pytest.mark.parametrize("rho", [0.2, 3.0, 10.0, 250.0])
@pytest.mark.parametrize("molecules", [1, 2, 3])
def test_without_background_the_critical_counts_are_those_that_molecules_give(rho: float, molecules: int) -> None:
    """Of so many molecules with any read, 95 % reach them and fewer reach one read more."""
    rng = np.random.default_rng(7)
    yields = rng.lognormal(-(0.5**2) / 2, 0.5, size=(400_000, molecules))
    reads = rng.poisson(rho * yields).sum(axis=1)
    reads = reads[reads > 0]
    least = critical_counts(process(rho, log_sd=0.0), Rule(0.001, molecules))
    assert least >= molecules
    assert (reads >= least).mean() >= 0.948 or least == molecules
    assert (reads >= least + 1).mean() <= 0.952


@pytest.mark.parametrize("background", [1e-7, 1e-6, 1e-5])
def test_with_background_the_critical_counts_are_the_first_under_alpha(background: float) -> None:
    row = process(background=background)
    reads = critical_counts(row, RULE)
    assert p_value(row, reads) <= RULE.alpha < p_value(row, reads - 1) or reads == 1


@pytest.mark.parametrize("background", [1e-7, 1e-6, 1e-5])
def test_the_limit_of_blank_holds_95_percent_of_blank_samples(background: float) -> None:
    row = process(background=background)
    reads = round(limit_of_blank(row) * row.per_level)
    assert cumulative(row, reads, 0.0) >= 0.95
    assert cumulative(row, reads - 1, 0.0) < 0.95
    assert limit_of_blank(process()) == 0.0


@pytest.mark.parametrize("rho", [0.3, 3.0, 30.0, 1000.0])
@pytest.mark.parametrize("background", [0.0, 1e-6])
def test_the_rule_calls_95_percent_at_the_limit_of_detection(rho: float, background: float) -> None:
    row = process(rho, background=background)
    reads, level = critical_counts(row, RULE), limit_of_detection(row, RULE)
    assert 1 - cumulative(row, reads - 1, level) == pytest.approx(0.95, abs=1e-5)


def test_the_limit_of_detection_improves_with_cells_depth_and_markers_and_suffers_from_background() -> None:
    level = limit_of_detection(process(), RULE)
    assert limit_of_detection(process(cells=1e6), RULE) == pytest.approx(level / 2, rel=1e-6)
    assert limit_of_detection(process(0.3), RULE) > 2 * level
    assert limit_of_detection(process(markers=2), RULE) < level
    assert limit_of_detection(process(background=1e-6), RULE) > 2 * level


def test_the_limit_of_quantification_is_never_under_that_of_detection() -> None:
    for rho, log_sd in ((3.0, 0.087), (3.0, 0.45), (0.3, 0.3)):
        row = process(rho, log_sd=log_sd)
        level = limit_of_quantification(row, RULE)
        assert level >= limit_of_detection(row, RULE)
        assert rms_error(row, RULE, level) <= 0.7 + 1e-4


def test_where_it_lies_over_the_limit_of_detection_the_error_is_seventy_percent() -> None:
    row = process(log_sd=0.45)
    level = limit_of_quantification(row, RULE)
    assert level > limit_of_detection(row, RULE)
    assert rms_error(row, RULE, level) == pytest.approx(0.7, abs=1e-4)


def test_where_calibration_is_too_poor_nothing_is_quantified() -> None:
    assert limit_of_quantification(process(log_sd=0.8), RULE) == 1.0
