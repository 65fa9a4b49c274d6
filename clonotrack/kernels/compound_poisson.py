"""Distribution of a sum of a Poisson number of independent sizes, by Panjer's recursion, and of mixtures of it."""

from __future__ import annotations

from math import exp, log

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


@njit
def mixed_intensity(severity: F64, mean: float, shape: float) -> F64:
    """Expected number of sizes of each kind, where the number of sizes is a gamma-mixed Poisson (negative binomial).

    METHOD: the negative binomial is a Poisson number of logarithmic clusters (Quenouille, Biometrics 1949), so the
    sum is compound Poisson again: its intensities are the coefficients of -A log(1 + m/A (1 - P(z))), by the power
    series of a logarithm. Element 0 holds the total of all that are over nought, those beyond the end included.

    Args:
        severity: shape (n,), P(size = j); may lack its tail.
        mean: m, expected number of sizes, size nought included.
        shape: A, of the gamma law of the rate; infinite for a rate that is known.

    Returns:
        shape (n,).
    """
    size = len(severity)
    result = np.zeros(size, dtype=np.float64)
    if not mean < np.inf or mean <= 0:
        return result
    if shape == np.inf:
        result[:] = mean * severity
        result[0] = mean * (1 - severity[0])
        return result
    ratio = mean / shape
    first = 1 + ratio * (1 - severity[0])
    for j in range(1, size):
        total = j * ratio * severity[j]
        for i in range(1, j):
            total += i * result[i] / shape * ratio * severity[j - i]
        result[j] = shape * total / (j * first)
    result[0] = shape * log(first)
    return result


@njit
def mixed_cumulative(clone: F64, blank: F64, weights: F64, level: float, last: int, beyond: float) -> float:
    """P(R <= last) + beyond P(R = last + 1), averaged over the nodes of a nuisance.

    Args:
        clone: shape (nodes, n); intensities at level 1, their total over nought at 0; n over last + 1.
        blank: shape (nodes, n); those that do not depend on the level.
        weights: shape (nodes,).
        level: at which the law is asked for.
        last: largest number of reads that is counted whole.
        beyond: share of the next number that is counted, 0 to 1.
    """
    total = 0.0
    size = last + 2 if beyond > 0 else last + 1
    law = np.empty(size, dtype=np.float64)
    steps = np.empty(size, dtype=np.float64)
    for node in range(len(weights)):
        law[0] = exp(-level * clone[node, 0] - blank[node, 0])
        held = law[0]
        for reads in range(1, size):
            steps[reads] = reads * (level * clone[node, reads] + blank[node, reads])
            found = 0.0
            for jump in range(1, reads + 1):
                found += steps[jump] * law[reads - jump]
            law[reads] = found / reads
            held += law[reads] if reads <= last else beyond * law[reads]
        total += weights[node] * held
    return total
