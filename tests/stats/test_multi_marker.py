"""Several markers: the law of their maximum, and how far they agree."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.distribution import cumulative
from clonotrack.stats.limits import Rule, limit_of_detection, p_value
from clonotrack.stats.max_marker import Highest
from clonotrack.stats.multi_marker import all_below, covariance, disagreement
from clonotrack.stats.reads_per_cell import Seeing

RULE = Rule(0.001, 1)


def marker(capture: float = 0.6, aliquot: float = 1.0, background: Gamma | None = None) -> Process:
    blank = (background,) if background else ()
    return Process((Tube(5e5, (Seeing(40.0, 0.5, capture, umi=True),), blank, (), aliquot),))


@pytest.mark.parametrize("aliquot", [1.0, 0.3])
@pytest.mark.parametrize("cells", [3.0, 60.0, 2000.0])
def test_the_joint_law_is_that_of_markers_that_share_cells(aliquot: float, cells: float) -> None:
    rng = np.random.default_rng(4)
    drawn = rng.binomial(rng.poisson(cells / aliquot, 200_000)[:, None], 0.6 * aliquot, (200_000, 2))
    row, place = marker(aliquot=aliquot), int(cells * 0.55)
    found = all_below([row, row], [(place, place)], cells / 5e5)[0]
    assert found == pytest.approx((drawn <= place).all(axis=1).mean(), abs=0.008)
    matrix = covariance([row, row], cells / 5e5)
    assert matrix[0, 1] / matrix[0, 0] == pytest.approx(np.corrcoef(drawn.T)[0, 1], abs=0.02)


def test_markers_cannot_show_cells_that_are_not_there() -> None:
    limit = Highest((marker(1.0),) * 4).limit_of_detection(RULE) * 5e5
    assert -log(0.05) - 1e-5 <= limit < 3.01
    assert Highest((marker(),) * 2).limit_of_detection(RULE) < limit_of_detection(marker(), RULE)


def test_of_one_marker_the_highest_is_the_marker() -> None:
    row = marker()
    assert Highest((row,)).interval((7,), 0.95) == pytest.approx((2.814 / 3e5, 14.423 / 3e5), rel=1e-3)
    assert all_below([row], [(7,)], 2e-5)[0] == pytest.approx(cumulative(row, 7, 2e-5), rel=1e-9)


def test_the_highest_of_several_is_corrected_for_being_the_highest() -> None:
    one, four = Highest((marker(),)), Highest((marker(),) * 4)
    assert four.estimate((12, 9, 7, 8)) == one.estimate((12,))
    low, high = four.interval((12, 9, 7, 8), 0.95)
    assert low < one.interval((12,), 0.95)[0]
    assert high < one.interval((12,), 0.95)[1]


def test_the_p_value_of_a_sample_is_that_of_its_unlikeliest_marker() -> None:
    row = marker(background=Gamma(1e-6, 2.0))
    chance = p_value(row, 4)
    assert Highest((row,) * 3).p_value((1, 4, 0)) == pytest.approx(1 - (1 - chance) ** 3)
    assert Highest((row,) * 3).limit_of_blank() >= Highest((row,)).limit_of_blank()


def test_markers_disagree_as_often_as_chance_has_it() -> None:
    rng = np.random.default_rng(5)
    drawn = rng.binomial(rng.poisson(200.0, 400)[:, None], 0.6, (400, 2)).tolist()
    chances = [disagreement([marker()] * 2, seen) for seen in drawn]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.035)
    assert disagreement([marker()] * 2, [120, 20]) < 1e-6
