"""How much amplification differs between sequences: what the calibrators of a tube show of it.

Symbols as in docs/statistics.md: eta is the standard deviation of the log efficiency of a sequence. It does not
average out over the molecules of one sequence, so a marker's own draw stays in its result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.assay.calibration import Point
from clonotrack.sequences import F64

LEAST = 5
"""Calibrators from which their scatter says something of the efficiency."""

Efficiency = tuple[tuple[float, float], ...]
"""Values of eta, each with its weight."""

_VALUES = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25])
_PRIOR = np.gradient(_VALUES) / (_VALUES + 0.4)
_NEGLIGIBLE = 0.004
_HALF_A_COUNT = 0.5


def efficiency_sd(tubes: Sequence[Sequence[Point]], inflations: Sequence[float]) -> Efficiency:
    """The posterior law of eta from at least five calibrators, over tubes that hold the same ones.

    METHOD: log(count / copies) of a calibrator in a tube is a value of the tube, plus the efficiency of the sequence,
    the same in all tubes, plus counting. The tubes' mean efficiencies are normal with variance eta^2 + v_i, v_i by
    counting; the likelihood of eta with the common value integrated out (REML: Patterson & Thompson, Biometrika 1971)
    is multiplied with a prior between 0 and 1.25 that falls as 1 / (eta + 0.4), between one that is flat and one that
    is flat on the log scale. A law and not a point: from nine sequences a deviation is known to a quarter only, and an
    interval that took it for certain would hold the truth too rarely.

    Args:
        tubes: the calibrators of each tube, in one order, LEAST or more.
        inflations: variance over mean of the counts in each tube.

    Returns:
        (eta, weight), weights adding up to 1.
    """
    copies = np.array([[point.copies for point in points] for points in tubes])
    counts = np.array([[max(point.count, _HALF_A_COUNT) for point in points] for points in tubes])
    per_copy = counts.sum(axis=1) / copies.sum(axis=1)
    precision = 1 / np.log1p(np.array(inflations)[:, None] / (per_copy[:, None] * copies))
    ratios = np.log(counts / copies / per_copy[:, None])
    noise = 1 / precision.sum(axis=0)
    return _posterior(noise * (precision * ratios).sum(axis=0), noise)


def _posterior(values: F64, noise: F64) -> Efficiency:
    """Of the deviation between normal values, each with a variance of its own."""
    weights = 1 / (_VALUES[:, None] ** 2 + noise)
    middle = (weights @ values) / weights.sum(axis=1)
    squares = np.sum(weights * (values - middle[:, None]) ** 2, axis=1)
    score = (np.log(weights).sum(axis=1) - np.log(weights.sum(axis=1)) - squares) / 2
    chance = _PRIOR * np.exp(score - score.max())
    chance /= chance.sum()
    kept = chance >= _NEGLIGIBLE
    return tuple(zip(_VALUES[kept].tolist(), (chance[kept] / chance[kept].sum()).tolist(), strict=True))
