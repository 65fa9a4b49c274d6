"""Naive twin of clonotrack.stats.kernels: the Poisson mixture of convolution powers."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from math import log as _log


def compound_poisson(intensity: Sequence[float], rate: float, terms: int = 400) -> list[float]:
    """P(R = r), summed over the number of sizes; `terms` has to be far over `rate`."""
    size = len(intensity)
    if rate == 0:
        return [1.0] + [0.0] * (size - 1)
    law = [0.0, *(value / rate for value in intensity[1:])]
    power = [1.0] + [0.0] * (size - 1)
    total = [0.0] * size
    weight = exp(-rate)
    for n in range(terms):
        total = [seen + weight * value for seen, value in zip(total, power, strict=True)]
        power = [sum(law[j] * power[r - j] for j in range(r + 1)) for r in range(size)]
        weight *= rate / (n + 1)
    return total


def mixed_intensity(severity: Sequence[float], mean: float, shape: float) -> list[float]:
    """Intensities of a gamma-mixed Poisson number of sizes, from the law of their sum by the recursion undone."""
    size = len(severity)
    if mean <= 0:
        return [0.0] * size
    if shape == inf:
        return [mean * (1 - severity[0]), *(mean * chance for chance in severity[1:])]
    law = _negative_binomial_sum(severity, mean, shape)
    found = [0.0] * size
    for r in range(1, size):
        known = sum(j * found[j] * law[r - j] for j in range(1, r))
        found[r] = (r * law[r] - known) / (r * law[0])
    found[0] = -_log(law[0])
    return found


def _negative_binomial_sum(severity: Sequence[float], mean: float, shape: float, terms: int = 300) -> list[float]:
    size = len(severity)
    chance = shape / (shape + mean)
    power = [1.0] + [0.0] * (size - 1)
    total, weight = [0.0] * size, chance**shape
    for n in range(terms):
        total = [seen + weight * value for seen, value in zip(total, power, strict=True)]
        power = [sum(severity[j] * power[r - j] for j in range(r + 1)) for r in range(size)]
        weight *= (shape + n) / (n + 1) * (1 - chance)
    return total


def mixed_cumulative(
    clone: Sequence[Sequence[float]],
    blank: Sequence[Sequence[float]],
    weights: Sequence[float],
    level: float,
    last: int,
    beyond: float,
) -> float:
    """P(R <= last) + beyond P(R = last + 1), averaged over the nodes."""
    total = 0.0
    for weight, own, other in zip(weights, clone, blank, strict=True):
        intensity = [level * a + b for a, b in zip(own, other, strict=True)]
        law = compound_poisson(intensity, intensity[0], terms=200)
        total += weight * (sum(law[: last + 1]) + beyond * law[last + 1])
    return total
