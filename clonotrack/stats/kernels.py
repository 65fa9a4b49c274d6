"""Compiled sums of the count model: compound Poisson and Poisson-log-normal distributions, mixtures, joint ones."""

from __future__ import annotations

from math import ceil, erf, exp, log, sqrt

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64

_YIELD_REACH = 7.0
_YIELD_STEP = 0.25
_HALVINGS = 48
_COPULA_STEP = 0.25
_COPULA_NODES = 24


@njit
def poisson_lognormal_pmf(reads_per_molecule: F64, dispersion: float, size: int) -> F64:
    """Compute P(a captured molecule gives j reads), at several depths.

    METHOD: integral over y of Poisson(j; rho y) LogNormal(y; -s^2/2, s) (Bulmer, Biometrics 1974): PCR multiplies a
    molecule by many independent factors. The integral over log y is a trapezoid sum with steps no wider than the
    narrowest peak. There it converges faster than any power of the step.

    Args:
        reads_per_molecule: rho, shape (n,), above 0.
        dispersion: s, standard deviation of the log yield of a molecule.
        size: the reads are 0 to size - 1.

    Returns:
        Shape (n, size).
    """
    pmf = np.zeros((len(reads_per_molecule), size), dtype=np.float64)
    steps, step = 0, 1.0
    if dispersion > 0:
        step = min(_YIELD_STEP, 1 / (dispersion * sqrt(size)))
        steps = ceil(_YIELD_REACH / step)
    total = 0.0
    for node in range(-steps, steps + 1):
        total += exp(-((node * step) ** 2) / 2)
    for depth in range(len(reads_per_molecule)):
        for node in range(-steps, steps + 1):
            rate = reads_per_molecule[depth] * exp(dispersion * node * step - dispersion**2 / 2)
            weight = exp(-((node * step) ** 2) / 2) / total
            # Start at the most probable number of reads, so that exp(-rate) cannot underflow.
            start = min(int(rate), size - 1)
            peak = -rate + start * log(rate)
            for reads in range(2, start + 1):
                peak -= log(reads)
            peak = weight * exp(peak)
            probability = peak
            for reads in range(start, size):
                pmf[depth, reads] += probability
                probability *= rate / (reads + 1)
            probability = peak
            for reads in range(start, 0, -1):
                probability *= reads / rate
                pmf[depth, reads - 1] += probability
    return pmf


@njit
def compound_poisson_pmf(intensity: F64, rate: float) -> F64:
    """Compute P(R = r) of a compound Poisson sum for r = 0 to n - 1, exactly.

    METHOD: Panjer, ASTIN Bull 1981: p_0 = exp(-rate), p_r = (1/r) sum_j j intensity_j p_(r-j). All terms are positive,
    so nothing cancels. If p_0 underflows, so does every p_r of the lengths used here.

    Args:
        intensity: expected number of terms of exactly j at index j, shape (n,); element 0 is not used.
        rate: expected number of terms above 0, those beyond n - 1 included.

    Returns:
        Shape (n,).
    """
    size = len(intensity)
    pmf = np.zeros(size, dtype=np.float64)
    pmf[0] = exp(-rate)
    for counts in range(1, size):
        total = 0.0
        for jump in range(1, counts + 1):
            total += jump * intensity[jump] * pmf[counts - jump]
        pmf[counts] = total / counts
    return pmf


@njit
def negative_binomial_intensity(severity: F64, mean: float, shape: float) -> F64:
    """Compute the compound Poisson intensities of a sum with a negative binomial number of terms.

    METHOD: coefficients of -A log(1 + m/A (1 - P(z))), by the power series of a logarithm. A negative binomial number
    is a Poisson number of logarithmic clusters (Quenouille, Biometrics 1949), so the sum is compound Poisson again.

    Args:
        severity: P(term = j), shape (n,); its tail may be missing.
        mean: m, expected number of terms, those of 0 included.
        shape: A, shape of the gamma distribution of the rate; infinite for a known rate.

    Returns:
        Intensities, shape (n,); element 0 has the total above 0, those beyond n - 1 included.
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
def compound_poisson_cdf(clone: F64, blank: F64, weights: F64, level: float, last: int, fraction: float) -> float:
    """Compute P(R <= last) + fraction P(R = last + 1) by Panjer's recursion, averaged over quadrature nodes.

    Args:
        clone: intensities at level 1, their total above 0 at index 0, shape (nodes, n) with n above last + 1.
        blank: intensities that do not depend on the level, shape (nodes, n).
        weights: shape (nodes,).
        level: true level.
        last: largest count that is included whole.
        fraction: share of P(R = last + 1) that is included, 0 to 1.
    """
    total = 0.0
    size = last + 2 if fraction > 0 else last + 1
    pmf = np.empty(size, dtype=np.float64)
    steps = np.empty(size, dtype=np.float64)
    for node in range(len(weights)):
        pmf[0] = exp(-level * clone[node, 0] - blank[node, 0])
        included = pmf[0]
        for counts in range(1, size):
            steps[counts] = counts * (level * clone[node, counts] + blank[node, counts])
            terms = 0.0
            for jump in range(1, counts + 1):
                terms += steps[jump] * pmf[counts - jump]
            pmf[counts] = terms / counts
            included += pmf[counts] if counts <= last else fraction * pmf[counts]
        total += weights[node] * included
    return total


@njit
def cdf_given_cells(severity: F64, blank: F64, weights: F64, max_cells: int) -> F64:
    """Compute P(R <= r) for 0 to `max_cells` clone cells in the specimen, averaged over quadrature nodes.

    The severity of one cell is convolved again and again, starting from the blank.

    Args:
        severity: P(counts of a cell = j), shape (nodes, n).
        blank: P(counts of the blank = j), shape (nodes, n).
        weights: shape (nodes,).
        max_cells: largest number of cells.

    Returns:
        Shape (max_cells + 1, n).
    """
    size = severity.shape[1]
    result = np.zeros((max_cells + 1, size), dtype=np.float64)
    for node in range(len(weights)):
        pmf = blank[node].copy()
        for cells in range(max_cells + 1):
            total = 0.0
            for counts in range(size):
                total += pmf[counts]
                result[cells, counts] += weights[node] * total
            for counts in range(size - 1, -1, -1):
                value = 0.0
                for jump in range(counts + 1):
                    value += severity[node, jump] * pmf[counts - jump]
                pmf[counts] = value
    return result


@njit
def normal_mixture_quantiles(means: F64, deviations: F64, weights: F64, probabilities: F64) -> F64:
    """Compute quantiles of a mixture of normal distributions by bisection.

    Args:
        means: of the parts, shape (k,).
        deviations: standard deviations of the parts, above 0, shape (k,).
        weights: of the parts, adding up to 1, shape (k,).
        probabilities: between 0 and 1, shape (n,).

    Returns:
        Shape (n,).
    """
    reach = 9.0 * deviations.max()
    quantiles = np.empty(len(probabilities), dtype=np.float64)
    for i in range(len(probabilities)):
        low, high = means.min() - reach, means.max() + reach
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = 0.0
            for part in range(len(means)):
                below += weights[part] * (1 + erf((middle - means[part]) / (deviations[part] * sqrt(2.0)))) / 2
            if below < probabilities[i]:
                low = middle
            else:
                high = middle
        quantiles[i] = (low + high) / 2
    return quantiles


@njit
def gaussian_copula_cdf(scores: F64, common: float) -> F64:
    """Compute P(every number stays below its score) for equally correlated standard normal numbers.

    METHOD: one-factor Gaussian copula (Li, J Fixed Income 2000): given the common factor the numbers are independent. A
    trapezoid sum integrates over the factor.

    Args:
        scores: normal quantiles of the single probabilities, shape (cases, numbers).
        common: correlation, from 0 to below 1.

    Returns:
        Shape (cases,).
    """
    result = np.zeros(len(scores), dtype=np.float64)
    weights = 0.0
    for node in range(-_COPULA_NODES, _COPULA_NODES + 1):
        weights += exp(-((node * _COPULA_STEP) ** 2) / 2)
    scale = sqrt(2 * (1 - common))
    for case in range(len(scores)):
        for node in range(-_COPULA_NODES, _COPULA_NODES + 1):
            factor = sqrt(common) * node * _COPULA_STEP
            probability = exp(-((node * _COPULA_STEP) ** 2) / 2) / weights
            for number in range(scores.shape[1]):
                probability *= (1 + erf((scores[case, number] - factor) / scale)) / 2
            result[case] += probability
    return result
