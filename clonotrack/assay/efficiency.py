"""Estimate how much the amplification efficiency differs between sequences, from the calibrators of a run.

Symbols as in docs/statistics.md: eta is the standard deviation of the log efficiency of a sequence. It does not average
out over the molecules of one sequence, so the unknown efficiency of a marker remains in its result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.assay.calibration import ControlCount
from clonotrack.sequences import F64

MIN_CALIBRATORS = 5
"""Calibrators from which eta is estimated from their scatter."""

Efficiency = tuple[tuple[float, float], ...]
"""Posterior distribution of eta: (value, weight)."""

_VALUES = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25])
_PRIOR = np.gradient(_VALUES) / (_VALUES + 0.4)
_MIN_WEIGHT = 0.004
_HALF_A_COUNT = 0.5


def estimate_efficiency(tubes: Sequence[Sequence[ControlCount]], inflations: Sequence[float]) -> Efficiency:
    """Estimate the posterior distribution of eta from tubes that contain the same calibrators.

    METHOD: log(count / copies) of a calibrator in a tube is the sum of a value of the tube, the log efficiency of the
    sequence, which is the same in all tubes, and counting error. The means over the tubes are normal with variance
    eta^2 + v_i, with v_i by counting. The likelihood of eta has the common value integrated out (REML: Patterson &
    Thompson, Biometrika 1971). The prior runs from 0 to 1.25 and falls as 1 / (eta + 0.4), between a flat one and one
    that is flat on the log scale. The result is a distribution, not one value: nine sequences give a standard deviation
    to a quarter only, and an interval that ignored this would contain the truth too rarely.

    Args:
        tubes: the calibrators of each tube, in one order, at least `MIN_CALIBRATORS`.
        inflations: variance over mean of the counts in each tube.

    Returns:
        (eta, weight); the weights add up to 1.
    """
    copies = np.array([[control.copies for control in tube] for tube in tubes])
    counts = np.array([[max(control.count, _HALF_A_COUNT) for control in tube] for tube in tubes])
    counts_per_copy = counts.sum(axis=1) / copies.sum(axis=1)
    precision = 1 / np.log1p(np.array(inflations)[:, None] / (counts_per_copy[:, None] * copies))
    log_ratios = np.log(counts / copies / counts_per_copy[:, None])
    noise = 1 / precision.sum(axis=0)
    return _posterior(noise * (precision * log_ratios).sum(axis=0), noise)


def _posterior(values: F64, noise: F64) -> Efficiency:
    """Compute the posterior of the standard deviation of normal values.

    Args:
        values: log efficiency of each sequence.
        noise: its variance by counting.
    """
    weights = 1 / (_VALUES[:, None] ** 2 + noise)
    middle = (weights @ values) / weights.sum(axis=1)
    squares = np.sum(weights * (values - middle[:, None]) ** 2, axis=1)
    log_likelihood = (np.log(weights).sum(axis=1) - np.log(weights.sum(axis=1)) - squares) / 2
    posterior = _PRIOR * np.exp(log_likelihood - log_likelihood.max())
    posterior /= posterior.sum()
    kept = posterior >= _MIN_WEIGHT
    return tuple(zip(_VALUES[kept].tolist(), (posterior[kept] / posterior[kept].sum()).tolist(), strict=True))
