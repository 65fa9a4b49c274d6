"""Naive twins of `clonotrack.stats.kernels`: sums over fine grids, convolution powers and numbers of cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import exp, inf, lgamma, log, prod, sqrt
from statistics import NormalDist

Rows = Sequence[Sequence[float]]

NORMAL = NormalDist()


def poisson_lognormal_pmf(reads_per_molecule: Sequence[float], dispersion: float, size: int) -> list[list[float]]:
    """Sum Poisson probabilities over a fine grid of the log yield."""
    step = 0.02
    nodes = [step * node for node in range(-400, 401)] if dispersion else [0.0]
    weights = [NORMAL.pdf(node) for node in nodes]
    pmf = []
    for rho in reads_per_molecule:
        rates = [rho * exp(dispersion * node - dispersion**2 / 2) for node in nodes]
        pmf.append(
            [
                sum(
                    weight / sum(weights) * exp(j * log(rate) - rate - lgamma(j + 1))
                    for weight, rate in zip(weights, rates, strict=True)
                )
                for j in range(size)
            ]
        )
    return pmf


def compound_poisson_pmf(intensity: Sequence[float], rate: float, terms: int = 400) -> list[float]:
    """Sum convolution powers over the Poisson number of terms; `terms` has to be far above `rate`."""
    size = len(intensity)
    if rate == 0:
        return [1.0] + [0.0] * (size - 1)
    severity = [0.0, *(value / rate for value in intensity[1:])]
    power = [1.0] + [0.0] * (size - 1)
    total = [0.0] * size
    weight = exp(-rate)
    for n in range(terms):
        total = [before + weight * value for before, value in zip(total, power, strict=True)]
        power = [sum(severity[j] * power[r - j] for j in range(r + 1)) for r in range(size)]
        weight *= rate / (n + 1)
    return total


def negative_binomial_intensity(severity: Sequence[float], mean: float, shape: float) -> list[float]:
    """Solve Panjer's recursion for the intensities, from the distribution of the sum."""
    size = len(severity)
    if mean <= 0:
        return [0.0] * size
    if shape == inf:
        return [mean * (1 - severity[0]), *(mean * probability for probability in severity[1:])]
    pmf = _negative_binomial_sum(severity, mean, shape)
    result = [0.0] * size
    for r in range(1, size):
        known = sum(j * result[j] * pmf[r - j] for j in range(1, r))
        result[r] = (r * pmf[r] - known) / (r * pmf[0])
    result[0] = -log(pmf[0])
    return result


def _negative_binomial_sum(severity: Sequence[float], mean: float, shape: float, terms: int = 300) -> list[float]:
    size = len(severity)
    probability = shape / (shape + mean)
    power = [1.0] + [0.0] * (size - 1)
    total, weight = [0.0] * size, probability**shape
    for n in range(terms):
        total = [before + weight * value for before, value in zip(total, power, strict=True)]
        power = [sum(severity[j] * power[r - j] for j in range(r + 1)) for r in range(size)]
        weight *= (shape + n) / (n + 1) * (1 - probability)
    return total


def compound_poisson_cdf(
    clone: Rows, blank: Rows, weights: Sequence[float], level: float, last: int, fraction: float
) -> float:
    """Add up the probabilities of each node."""
    total = 0.0
    for weight, of_clone, of_blank in zip(weights, clone, blank, strict=True):
        intensity = [level * a + b for a, b in zip(of_clone, of_blank, strict=True)]
        pmf = compound_poisson_pmf(intensity, intensity[0], terms=200)
        total += weight * (sum(pmf[: last + 1]) + fraction * pmf[last + 1])
    return total


def cdf_given_cells(severity: Rows, blank: Rows, weights: Sequence[float], max_cells: int) -> list[list[float]]:
    """Convolve the severity of each number of cells anew."""
    result = []
    for cells in range(max_cells + 1):
        sums = [_sum_of_cells(own, other, cells) for own, other in zip(severity, blank, strict=True)]
        mixed = [sum(w * pmf[r] for w, pmf in zip(weights, sums, strict=True)) for r in range(len(sums[0]))]
        result.append(list(accumulate(mixed)))
    return result


def _sum_of_cells(severity: Sequence[float], blank: Sequence[float], cells: int) -> list[float]:
    pmf = list(blank)
    for _ in range(cells):
        pmf = [sum(severity[j] * pmf[r - j] for j in range(r + 1)) for r in range(len(pmf))]
    return pmf


def normal_mixture_quantiles(
    means: Sequence[float], deviations: Sequence[float], weights: Sequence[float], probabilities: Sequence[float]
) -> list[float]:
    """Find where the distribution function of the mixture first reaches each probability, on a fine grid."""
    low, high = min(means) - 9 * max(deviations), max(means) + 9 * max(deviations)
    grid = [low + (high - low) * i / 4000 for i in range(4001)]
    parts = list(zip(means, deviations, weights, strict=True))
    below = [sum(weight * NORMAL.cdf((x - mean) / sd) for mean, sd, weight in parts) for x in grid]
    return [next(x for x, value in zip(grid, below, strict=True) if value >= wanted) for wanted in probabilities]


def gaussian_copula_cdf(scores: Rows, common: float, step: float = 0.01) -> list[float]:
    """Sum over a fine grid of the common factor."""
    factors = [step * node for node in range(-800, 801)]
    rest = sqrt(1 - common)
    return [
        sum(
            step * NORMAL.pdf(factor) * prod(NORMAL.cdf((score - sqrt(common) * factor) / rest) for score in case)
            for factor in factors
        )
        for case in scores
    ]
