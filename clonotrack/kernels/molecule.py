"""Reads of a captured molecule, and where a mixture of normal laws has its quantiles."""

from __future__ import annotations

from math import ceil, erf, exp, log, sqrt

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import F64

_REACH = 7.0
_FINEST = 0.25
_HALVINGS = 48


@njit
def poisson_log_normal(rhos: F64, dispersion: float, size: int) -> F64:
    """P(a captured molecule gives j reads), at several depths.

    METHOD: Poisson-log-normal (Bulmer, Biometrics 1974): PCR multiplies a molecule by many independent factors. The
    integral over the log yield is a trapezoid sum with steps no wider than the narrowest peak, where it converges
    faster than any power.

    Args:
        rhos: shape (n,); reads per captured molecule, over 0.
        dispersion: standard deviation of the log yield of a molecule.
        size: reads from 0 to size - 1.

    Returns:
        shape (n, size).
    """
    law = np.zeros((len(rhos), size), dtype=np.float64)
    steps, step = 0, 1.0
    if dispersion > 0:
        step = min(_FINEST, 1 / (dispersion * sqrt(size)))
        steps = ceil(_REACH / step)
    total = 0.0
    for node in range(-steps, steps + 1):
        total += exp(-((node * step) ** 2) / 2)
    for depth in range(len(rhos)):
        for node in range(-steps, steps + 1):
            rate = rhos[depth] * exp(dispersion * node * step - dispersion**2 / 2)
            weight = exp(-((node * step) ** 2) / 2) / total
            # Started at the likeliest number of reads, so that exp(-rate) cannot underflow to nothing.
            start = min(int(rate), size - 1)
            peak = -rate + start * log(rate)
            for reads in range(2, start + 1):
                peak -= log(reads)
            peak = weight * exp(peak)
            chance = peak
            for reads in range(start, size):
                law[depth, reads] += chance
                chance *= rate / (reads + 1)
            chance = peak
            for reads in range(start, 0, -1):
                chance *= reads / rate
                law[depth, reads - 1] += chance
    return law


@njit
def mixture_quantiles(means: F64, deviations: F64, weights: F64, chances: F64) -> F64:
    """Quantiles of a mixture of normal laws, by halving.

    Args:
        means: shape (k,), of the parts.
        deviations: shape (k,), over 0.
        weights: shape (k,), adding up to 1.
        chances: shape (n,), between 0 and 1.

    Returns:
        shape (n,).
    """
    reach = 9.0 * deviations.max()
    found = np.empty(len(chances), dtype=np.float64)
    for place in range(len(chances)):
        low, high = means.min() - reach, means.max() + reach
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = 0.0
            for part in range(len(means)):
                below += weights[part] * (1 + erf((middle - means[part]) / (deviations[part] * sqrt(2.0)))) / 2
            if below < chances[place]:
                low = middle
            else:
                high = middle
        found[place] = (low + high) / 2
    return found
