"""Background and carry-over: what controls and neighbours tell, and what they leave open."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.quantify.background import Background, Control, excess, posterior, prior_mean
from clonotrack.quantify.index_hopping import estimate
from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.limits import Rule, critical_counts
from clonotrack.stats.reads_per_cell import Seeing

RULE = Rule(0.001, 1)


def control(count: int = 0, *, cells: float = 5e5, carried: float = 0.0) -> Control:
    return Control(cells, 0.6 * cells, count, carried, 3.0, 4.85)


def called(rate: Gamma) -> int:
    """Molecules by UMI that a call takes in 500,000 cells."""
    return critical_counts(Process((Tube(5e5, (Seeing(50.0, 0.5, 0.6, umi=True),), (rate,)),)), RULE)


def test_without_controls_the_prior_is_all_there_is() -> None:
    rate = posterior(1e-6, [])
    assert rate.mean == pytest.approx(1e-6, rel=0.01)
    assert 1 / rate.shape == pytest.approx((1 + 2) * 1.5 - 1, rel=0.01)


def test_the_more_empty_control_cells_the_fewer_molecules_make_a_call() -> None:
    least = [called(posterior(1e-6, [control()] * count)) for count in (0, 1, 10, 40, 500)]
    assert least == sorted(least, reverse=True)
    assert least[-1] == 1
    assert least[1] > 4


def test_a_stated_rate_of_a_rare_sequence_defends_one_molecule() -> None:
    assert called(posterior(1e-9, [])) == 1


def test_reads_in_controls_are_background() -> None:
    rate = posterior(1e-6, [control(3), *[control()] * 9])
    assert rate.mean == pytest.approx(1.5 / (5e5 + 10 * 3e5), rel=0.5)
    assert rate.mean > 2 * posterior(1e-6, [control()] * 10).mean


def test_what_carry_over_explains_is_no_background() -> None:
    explained, plain = posterior(1e-6, [control(30, carried=30.0)] * 5), posterior(1e-6, [control(30)] * 5)
    assert explained.mean < plain.mean / 20
    assert control(30, carried=28.0).molecules == 0
    assert control(60, carried=30.0).molecules == pytest.approx(10)


def test_a_rate_that_is_stated_as_nought_is_taken_at_its_word_until_it_is_seen() -> None:
    assert posterior(0.0, [control()] * 3) == Gamma()
    assert posterior(0.0, [control(90)] * 3).mean > 1e-5


def test_other_markers_are_a_prior_that_one_shared_rearrangement_does_not_rule() -> None:
    clean, one_shared = [control()] * 200, [control()] * 199 + [control(30_000)]
    assert prior_mean(clean, 1e-6) < 1e-6 / 5
    assert prior_mean(one_shared, 1e-6) < 2e-6
    assert prior_mean(clean, 0.0) == 0
    assert excess(clean, 1e-9) == 0
    assert excess(one_shared, 1e-9) == pytest.approx(10 / (200 * 3e5), rel=0.01)


def test_a_background_counts_its_controls() -> None:
    found = Background(Gamma(1e-7, 0.3), 1e-6, False, (control(), control(9)))
    assert (found.control_cells, found.control_counts, found.seen) == (1e6, 9, True)


def test_the_share_that_hops_has_the_error_of_its_counts() -> None:
    rng, offered = np.random.default_rng(3), np.full(40, 5e4)
    shares = [estimate(rng.poisson(1e-3 * offered).astype(np.float64), offered)[0] for _ in range(40)]
    assert np.mean([share.mean for share in shares]) == pytest.approx(1e-3, rel=0.01)
    assert all(20 < share.shape < 2000 for share in shares)


def test_uneven_hopping_widens_the_rate() -> None:
    rng, offered = np.random.default_rng(3), np.full(40, 5e4)
    uneven = rng.poisson(1e-3 * offered * rng.gamma(4, 1 / 4, 40)).astype(np.float64)
    assert estimate(uneven, offered)[0].shape < 12
