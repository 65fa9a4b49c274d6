"""Distribution of a sum of a Poisson number of independent sizes, by Panjer's recursion."""

from __future__ import annotations

from math import exp

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import F64


@njit
def compound_poisson(intensity: F64, rate: float) -> F64:
    """P(R = r) for r = 0 .. len(intensity) - 1, exactly.

    Several compound Poisson processes add up by adding their intensities.

    METHOD: Panjer, ASTIN Bull 1981: p_0 = exp(-rate), p_r = (1/r) sum_j j intensity_j p_(r-j). All terms are
    positive, so nothing cancels; where p_0 underflows, every p_r of the lengths used here is nought as well.

    Args:
        intensity: shape (n,); expected number of sizes of exactly j at j; element 0 is not looked at.
        rate: expected number of sizes over zero, those beyond n - 1 included.

    Returns:
        shape (n,), the probabilities.
    """
    size = len(intensity)
    probability = np.zeros(size, dtype=np.float64)
    probability[0] = exp(-rate)
    for reads in range(1, size):
        total = 0.0
        for jump in range(1, reads + 1):
            total += jump * intensity[jump] * probability[reads - jump]
        probability[reads] = total / reads
    return probability
