"""Compute the distributions of the count model: Poisson-log-normal, compound Poisson, mixtures and joint distributions.

docs/statistics.md explains the model and its symbols. An average over an unknown factor is computed as a weighted sum
over a few values of the factor, the *quadrature nodes*. A *compound Poisson* number is the sum of a Poisson number of
independent terms; its *intensity* at j is the expected number of terms that equal j.
"""

from __future__ import annotations

from math import ceil, erf, exp, log, sqrt

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64

_YIELD_REACH = 7.0  # range of the integral over log yields, in standard deviations to either side
_YIELD_STEP = 0.25  # largest step of that integral, in standard deviations
_HALVINGS = 48  # of the interval that contains a quantile
_COPULA_STEP = 0.25  # step of the integral over the common factor, in standard deviations
_COPULA_NODES = 24  # quadrature nodes on either side of 0


@njit
def poisson_lognormal_pmf(reads_per_molecule: F64, dispersion: float, size: int) -> F64:
    """Compute the probability that a captured molecule gives j reads, for j = 0 to `size` - 1 and for several depths.

    METHOD: the probability is the integral over y of Poisson(j; rho y) LogNormal(y; -s^2/2, s) (Bulmer, Biometrics
    1974). The PCR yield y of a molecule, relative to the mean yield, is log-normal because PCR multiplies a molecule by
    many independent factors. The integral over log y is a trapezoid sum. Its steps are at most as wide as the narrowest
    peak of the integrand, so the error falls faster than any power of the step.

    Args:
        reads_per_molecule: rho, mean reads of one captured molecule, above 0, shape (n,).
        dispersion: s, standard deviation of log y.
        size: number of values of j.

    Returns:
        Probability of j reads at each depth, shape (n, size).
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
    """Compute the probability p_r that a compound Poisson number equals r, exactly, for r = 0 to n - 1.

    METHOD: Panjer's recursion (ASTIN Bull 1981): p_0 = exp(-rate), p_r = (1/r) sum_j j intensity_j p_(r-j). All terms
    of the sum are positive, so no precision is lost by cancellation. If p_0 underflows to 0, every p_r is 0; for the n
    used here these p_r are negligible.

    Args:
        intensity: expected number of terms that equal j, at index j, shape (n,); element 0 is not used.
        rate: expected number of terms above 0, terms above n - 1 included.

    Returns:
        Probabilities p_r, shape (n,).
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

    METHOD: a negative binomial number is a Poisson number of logarithmic clusters (Quenouille, Biometrics 1949), so the
    sum is compound Poisson. The intensities are the coefficients of the power series of -A log(1 + (m/A) (1 - P(z))).
    P(z) is the sum over j of severity_j z^j. Symbols m and A are defined below.

    Args:
        severity: probability that a term equals j, at index j, shape (n,). Probabilities of terms above n - 1 are left
            out.
        mean: m, expected number of terms, terms that equal 0 included.
        shape: A, shape parameter of the gamma distribution of the unknown rate; infinite if the rate is known.

    Returns:
        Intensities, shape (n,). Element 0 is the expected number of terms above 0, terms above n - 1 included. All 0 if
        `mean` is 0 or less, infinite or not a number.
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
    """Compute P(R <= last) + fraction * P(R = last + 1) of a count R, averaged over quadrature nodes.

    R is compound Poisson at each node and is computed by Panjer's recursion, see `compound_poisson_pmf`.

    Args:
        clone: intensities of the clone's counts at an MRD level of 1, shape (nodes, n), n above last + 1. Column 0 is
            the expected number of terms above 0.
        blank: intensities of the counts of background and carry-over, shape (nodes, n); column 0 as in `clone`.
        weights: weight of each quadrature node, shape (nodes,).
        level: true MRD, f.
        last: largest count whose probability is included in full.
        fraction: share of P(R = last + 1) that is included, 0 to 1.

    Returns:
        The averaged probability.
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
    """Compute P(R <= r) of a count R for each number of clone cells in the specimen, averaged over quadrature nodes.

    The distribution of the blank (background and carry-over) is convolved with that of one cell, once for each cell.

    Args:
        severity: probability that one clone cell gives j counts, shape (nodes, n).
        blank: probability that background and carry-over give j counts, shape (nodes, n).
        weights: weight of each quadrature node, shape (nodes,).
        max_cells: largest number of clone cells.

    Returns:
        P(R <= r) for 0 to `max_cells` cells and r = 0 to n - 1, shape (max_cells + 1, n).
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
        means: mean of each normal distribution, shape (k,).
        deviations: standard deviation of each normal distribution, above 0, shape (k,).
        weights: weight of each normal distribution in the mixture; the weights add up to 1. Shape (k,).
        probabilities: between 0 and 1, shape (n,).

    Returns:
        Quantile at each probability, shape (n,).
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
    """Compute the joint probability that equally correlated standard normal variables all stay below given scores.

    METHOD: one-factor Gaussian copula (Li, J Fixed Income 2000). Each variable is the sum of a common factor and an
    independent term, so the variables are independent at a known factor. A trapezoid sum integrates over the factor.

    Args:
        scores: upper limit of each variable, the normal quantile of its own probability, shape (cases, variables).
        common: correlation of any two variables, from 0 to below 1.

    Returns:
        Joint probability of each case, shape (cases,).
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
