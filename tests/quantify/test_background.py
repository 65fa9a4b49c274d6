"""Background and index hopping: estimates from controls and from the run, and their uncertainty."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.quantify.background import Background, ControlCount, excess_rate, posterior_rate, prior_mean
from clonotrack.quantify.index_hopping import estimate_share
from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.limits import DecisionRule, critical_count
from clonotrack.stats.reads_per_cell import MoleculeModel

RULE = DecisionRule(0.001, 1)


def control(count: int = 0, *, cells: float = 5e5, expected_carry_over: float = 0.0) -> ControlCount:
    return ControlCount(cells, 0.6 * cells, count, expected_carry_over, 3.0, 4.85)


def called(rate: GammaRate) -> int:
    """Critical count by UMI in 500,000 cells."""
    return critical_count(CountModel((TubeModel(5e5, (MoleculeModel(50.0, 0.5, 0.6, umi=True),), (rate,)),)), RULE)


def test_without_controls_the_rate_is_the_prior() -> None:
    rate = posterior_rate(1e-6, [])
    assert rate.mean == pytest.approx(1e-6, rel=0.01)
    assert 1 / rate.shape == pytest.approx((1 + 2) * 1.5 - 1, rel=0.01)


def test_the_more_empty_control_cells_the_lower_the_critical_count() -> None:
    least = [called(posterior_rate(1e-6, [control()] * count)) for count in (0, 1, 10, 40, 500)]
    assert least == sorted(least, reverse=True)
    assert least[-1] == 1
    assert least[1] > 4


def test_at_the_stated_rate_of_a_rare_sequence_one_molecule_is_positive() -> None:
    assert called(posterior_rate(1e-9, [])) == 1


def test_reads_in_controls_are_background() -> None:
    rate = posterior_rate(1e-6, [control(3), *[control()] * 9])
    assert rate.mean == pytest.approx(1.5 / (5e5 + 10 * 3e5), rel=0.5)
    assert rate.mean > 2 * posterior_rate(1e-6, [control()] * 10).mean


def test_counts_that_carry_over_explains_are_no_background() -> None:
    explained, plain = (
        posterior_rate(1e-6, [control(30, expected_carry_over=30.0)] * 5),
        posterior_rate(1e-6, [control(30)] * 5),
    )
    assert explained.mean < plain.mean / 20
    assert control(30, expected_carry_over=28.0).molecules == 0
    assert control(60, expected_carry_over=30.0).molecules == pytest.approx(10)


def test_a_stated_rate_of_zero_holds_until_controls_contain_the_marker() -> None:
    assert posterior_rate(0.0, [control()] * 3) == GammaRate()
    assert posterior_rate(0.0, [control(90)] * 3).mean > 1e-5


def test_one_shared_rearrangement_does_not_dominate_the_prior_from_other_markers() -> None:
    clean, one_shared = [control()] * 200, [control()] * 199 + [control(30_000)]
    assert prior_mean(clean, 1e-6) < 1e-6 / 5
    assert prior_mean(one_shared, 1e-6) < 2e-6
    assert prior_mean(clean, 0.0) == 0
    assert excess_rate(clean, 1e-9) == 0
    assert excess_rate(one_shared, 1e-9) == pytest.approx(10 / (200 * 3e5), rel=0.01)


def test_a_background_counts_its_controls() -> None:
    found = Background(GammaRate(1e-7, 0.3), 1e-6, False, (control(), control(9)))
    assert (found.control_cells, found.control_counts, found.in_controls) == (1e6, 9, True)


def test_the_uncertainty_of_the_hopping_share_is_that_of_its_counts() -> None:
    rng, offered = np.random.default_rng(3), np.full(40, 5e4)
    shares = [estimate_share(rng.poisson(1e-3 * offered).astype(np.float64), offered)[0] for _ in range(40)]
    assert np.mean([share.mean for share in shares]) == pytest.approx(1e-3, rel=0.01)
    assert all(20 < share.shape < 2000 for share in shares)


def test_uneven_hopping_widens_the_rate() -> None:
    rng, offered = np.random.default_rng(3), np.full(40, 5e4)
    uneven = rng.poisson(1e-3 * offered * rng.gamma(4, 1 / 4, 40)).astype(np.float64)
    assert estimate_share(uneven, offered)[0].shape < 12
