"""The efficiency between sequences, estimated from simulated calibrators."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.assay.calibration import ControlCount
from clonotrack.assay.efficiency import estimate_efficiency


def estimated(eta: float, tubes: int, sequences: int, seed: int) -> float:
    """Simulate deeply sequenced calibrators; return the root mean square of the posterior of eta."""
    rng = np.random.default_rng(seed)
    of_sequence = np.exp(rng.normal(0, eta, sequences))
    counts = rng.poisson(400 * of_sequence * rng.uniform(0.5, 2, (tubes, 1)))
    controls = [
        [ControlCount(str(i), None, None, 100.0, count) for i, count in enumerate(row)] for row in counts.tolist()
    ]
    posterior = estimate_efficiency(controls, [1.0] * tubes)
    assert sum(weight for _, weight in posterior) == pytest.approx(1)
    return sum(weight * value**2 for value, weight in posterior) ** 0.5


@pytest.mark.parametrize("eta", [0.2, 0.4, 0.7])
def test_many_sequences_give_eta(eta: float) -> None:
    assert estimated(eta, 1, 60, 5) == pytest.approx(eta, rel=0.25)


def test_more_tubes_narrow_the_estimate_if_sequences_are_equal() -> None:
    few, many = (np.mean([estimated(0.0, tubes, 9, seed) for seed in range(20)]) for tubes in (1, 12))
    assert many < few
    assert many < 0.06


def test_different_depths_of_tubes_are_not_taken_for_efficiency() -> None:
    assert estimated(0.0, 8, 9, 1) < 0.1
