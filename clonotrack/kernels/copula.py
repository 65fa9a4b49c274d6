"""Joint chance of dependent numbers whose own laws are known."""

from __future__ import annotations

from math import erf, exp, sqrt

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import F64

_STEP = 0.25
_NODES = 24


@njit
def joint_below(scores: F64, common: float) -> F64:
    """P(every number stays under its score), for equally correlated normal numbers.

    METHOD: one-factor Gaussian copula (Li, J Fixed Income 2000): given the common factor they are independent; the
    factor is integrated out by a trapezoid sum.

    Args:
        scores: shape (cases, numbers), normal quantiles of the single chances.
        common: correlation, from 0 to under 1.

    Returns:
        shape (cases,).
    """
    found = np.zeros(len(scores), dtype=np.float64)
    weights = 0.0
    for node in range(-_NODES, _NODES + 1):
        weights += exp(-((node * _STEP) ** 2) / 2)
    scale = sqrt(2 * (1 - common))
    for case in range(len(scores)):
        for node in range(-_NODES, _NODES + 1):
            factor = sqrt(common) * node * _STEP
            chance = exp(-((node * _STEP) ** 2) / 2) / weights
            for number in range(scores.shape[1]):
                chance *= (1 + erf((scores[case, number] - factor) / scale)) / 2
            found[case] += chance
    return found
