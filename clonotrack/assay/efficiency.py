"""Estimate how much the amplification efficiency differs between sequences, from the calibrators of a run.

As in docs/statistics.md, eta is the standard deviation of the log efficiency between sequences. All molecules of one
sequence have the same efficiency, so it does not average out, and the result of a marker contains its unknown value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.assay.calibration import ControlCount
from clonotrack.sequences import F64

MIN_CALIBRATORS = 5
"""Fewest calibrators whose scatter is used to estimate eta."""

Efficiency = tuple[tuple[float, float], ...]
"""Posterior distribution of eta: values of eta with their weights, which add up to 1."""

_VALUES = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25])
_PRIOR = np.gradient(_VALUES) / (_VALUES + 0.4)
_MIN_WEIGHT = 0.004  # values of eta with a smaller posterior weight are left out
_HALF_A_COUNT = 0.5  # used for a calibrator without a count, whose logarithm does not exist


def estimate_efficiency(tubes: Sequence[Sequence[ControlCount]], inflations: Sequence[float]) -> Efficiency:
    """Estimate the posterior distribution of eta from tubes that contain the same calibrators.

    METHOD: log(count / copies) of a calibrator in a tube is the sum of three terms: the log coefficient of the tube,
    the log efficiency of the calibrator's sequence, and counting error. The efficiency is the same in all tubes. The
    mean over the tubes for calibrator i, relative to the coefficients of the tubes, is normal with variance
    eta^2 + v_i, where v_i is the variance of counting error. The mean of all calibrators is integrated out of the
    likelihood of eta (REML: Patterson & Thompson, Biometrika 1971). The prior covers 0 to 1.25 and falls as
    1 / (eta + 0.4), a compromise between a prior flat in eta and a prior flat in log(eta). The result is a
    distribution, because nine sequences determine eta only to a quarter. An interval that took one value of eta as
    certain would contain the true level too rarely.

    Args:
        tubes: for each tube, the counts of its calibrators; the same calibrators in the same order in every tube, at
            least `MIN_CALIBRATORS`.
        inflations: ratio of variance to mean of the counts in each tube.

    Returns:
        Values of eta with their weights; the weights add up to 1.
    """
    copies = np.array([[control.copies for control in tube] for tube in tubes])
    counts = np.array([[max(control.count, _HALF_A_COUNT) for control in tube] for tube in tubes])
    counts_per_copy = counts.sum(axis=1) / copies.sum(axis=1)
    precision = 1 / np.log1p(np.array(inflations)[:, None] / (counts_per_copy[:, None] * copies))
    log_ratios = np.log(counts / copies / counts_per_copy[:, None])
    noise = 1 / precision.sum(axis=0)
    return _posterior(noise * (precision * log_ratios).sum(axis=0), noise)


def _posterior(values: F64, noise: F64) -> Efficiency:
    """Compute the posterior distribution of the standard deviation eta of normal values with known noise.

    Args:
        values: estimated log efficiency of each sequence, shape (n,).
        noise: variance of the counting error of each value, shape (n,).
    """
    weights = 1 / (_VALUES[:, None] ** 2 + noise)
    middle = (weights @ values) / weights.sum(axis=1)
    squares = np.sum(weights * (values - middle[:, None]) ** 2, axis=1)
    log_likelihood = (np.log(weights).sum(axis=1) - np.log(weights.sum(axis=1)) - squares) / 2
    posterior = _PRIOR * np.exp(log_likelihood - log_likelihood.max())
    posterior /= posterior.sum()
    kept = posterior >= _MIN_WEIGHT
    return tuple(zip(_VALUES[kept].tolist(), (posterior[kept] / posterior[kept].sum()).tolist(), strict=True))
