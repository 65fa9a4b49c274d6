"""How much sequences differ in efficiency, learnt from calibrators of known truth."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.assay.calibration import Point
from clonotrack.assay.efficiency import efficiency_sd


def learnt(eta: float, tubes: int, sequences: int, seed: int) -> float:
    """Root mean square of the posterior, deeply read calibrators."""
    rng = np.random.default_rng(seed)
    of_sequence = np.exp(rng.normal(0, eta, sequences))
    counts = rng.poisson(400 * of_sequence * rng.uniform(0.5, 2, (tubes, 1)))
    points = [[Point(str(i), None, None, 100.0, count) for i, count in enumerate(row)] for row in counts.tolist()]
    law = efficiency_sd(points, [1.0] * tubes)
    assert sum(weight for _, weight in law) == pytest.approx(1)
    return sum(weight * value**2 for value, weight in law) ** 0.5


@pytest.mark.parametrize("eta", [0.2, 0.4, 0.7])
def test_of_many_sequences_it_is_found(eta: float) -> None:
    assert learnt(eta, 1, 60, 5) == pytest.approx(eta, rel=0.25)


def test_where_sequences_are_alike_more_tubes_tell_so() -> None:
    few, many = (np.mean([learnt(0.0, tubes, 9, seed) for seed in range(20)]) for tubes in (1, 12))
    assert many < few
    assert many < 0.06


def test_the_depth_of_a_tube_is_no_difference_between_sequences() -> None:
    assert learnt(0.0, 8, 9, 1) < 0.1
