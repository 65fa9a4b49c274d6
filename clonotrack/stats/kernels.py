"""Distribution of a sum of a Poisson number of independent sizes, by Panjer's recursion, and of mixtures of it.

Reads of a captured molecule, and where a mixture of normal laws has its quantiles.

Joint chance of dependent numbers whose own laws are known.

Counts of a marker at a known number of cells, as several markers of the same cells need them.
"""

from __future__ import annotations

from math import ceil, erf, exp, log, sqrt

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64


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


@njit
def below_given_cells(severity: F64, blank: F64, weights: F64, most: int) -> F64:
    """P(R <= r) where the specimen holds 0, 1, ... cells, averaged over the nodes.

    The law of one cell is added again and again, beginning from what is no clone.

    Args:
        severity: shape (nodes, n), P(counts of a cell = j).
        blank: shape (nodes, n), P(counts that are no clone = j).
        weights: shape (nodes,).
        most: cells.

    Returns:
        shape (most + 1, n).
    """
    size = severity.shape[1]
    found = np.zeros((most + 1, size), dtype=np.float64)
    for node in range(len(weights)):
        law = blank[node].copy()
        for cells in range(most + 1):
            total = 0.0
            for counts in range(size):
                total += law[counts]
                found[cells, counts] += weights[node] * total
            for counts in range(size - 1, -1, -1):
                value = 0.0
                for jump in range(counts + 1):
                    value += severity[node, jump] * law[counts - jump]
                law[counts] = value
    return found
