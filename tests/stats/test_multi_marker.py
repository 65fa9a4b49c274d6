"""Several markers: the distribution of their maximum, and whether they agree."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.distribution import cdf
from clonotrack.stats.limits import DecisionRule, limit_of_detection, p_value
from clonotrack.stats.max_marker import HighestMarker
from clonotrack.stats.multi_marker import covariance, disagreement_p_value, joint_cdf
from clonotrack.stats.reads_per_cell import MoleculeModel

RULE = DecisionRule(0.001, 1)


def marker(capture: float = 0.6, aliquot: float = 1.0, background: GammaRate | None = None) -> CountModel:
    blank = (background,) if background else ()
    return CountModel((TubeModel(5e5, (MoleculeModel(40.0, 0.5, capture, umi=True),), blank, (), aliquot),))


@pytest.mark.parametrize("aliquot", [1.0, 0.3])
@pytest.mark.parametrize("cells", [3.0, 60.0, 2000.0])
def test_the_joint_distribution_is_that_of_markers_that_share_cells(aliquot: float, cells: float) -> None:
    rng = np.random.default_rng(4)
    drawn = rng.binomial(rng.poisson(cells / aliquot, 200_000)[:, None], 0.6 * aliquot, (200_000, 2))
    row, count = marker(aliquot=aliquot), int(cells * 0.55)
    found = joint_cdf([row, row], [(count, count)], cells / 5e5)[0]
    assert found == pytest.approx((drawn <= count).all(axis=1).mean(), abs=0.008)
    matrix = covariance([row, row], cells / 5e5)
    assert matrix[0, 1] / matrix[0, 0] == pytest.approx(np.corrcoef(drawn.T)[0, 1], abs=0.02)


def test_more_markers_cannot_detect_cells_that_are_not_in_the_tube() -> None:
    limit = HighestMarker((marker(1.0),) * 4).limit_of_detection(RULE) * 5e5
    assert -log(0.05) - 1e-5 <= limit < 3.01
    assert HighestMarker((marker(),) * 2).limit_of_detection(RULE) < limit_of_detection(marker(), RULE)


def test_the_highest_of_one_marker_is_that_marker() -> None:
    row = marker()
    assert HighestMarker((row,)).interval((7,), 0.95) == pytest.approx((2.814 / 3e5, 14.423 / 3e5), rel=1e-3)
    assert joint_cdf([row], [(7,)], 2e-5)[0] == pytest.approx(cdf(row, 7, 2e-5), rel=1e-9)


def test_the_highest_of_several_is_corrected_for_being_the_highest() -> None:
    one, four = HighestMarker((marker(),)), HighestMarker((marker(),) * 4)
    assert four.estimate((12, 9, 7, 8)) == one.estimate((12,))
    low, high = four.interval((12, 9, 7, 8), 0.95)
    assert low < one.interval((12,), 0.95)[0]
    assert high < one.interval((12,), 0.95)[1]


def test_the_p_value_of_a_sample_follows_from_its_smallest_one() -> None:
    row = marker(background=GammaRate(1e-6, 2.0))
    chance = p_value(row, 4)
    assert HighestMarker((row,) * 3).p_value((1, 4, 0)) == pytest.approx(1 - (1 - chance) ** 3)
    assert HighestMarker((row,) * 3).limit_of_blank() >= HighestMarker((row,)).limit_of_blank()


def test_markers_of_one_level_disagree_in_five_percent_at_p_below_0_05() -> None:
    rng = np.random.default_rng(5)
    drawn = rng.binomial(rng.poisson(200.0, 400)[:, None], 0.6, (400, 2)).tolist()
    chances = [disagreement_p_value([marker()] * 2, seen) for seen in drawn]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.035)
    assert disagreement_p_value([marker()] * 2, [120, 20]) < 1e-6
