"""Naive twin of clonotrack.kernels.compound_poisson: the Poisson mixture of convolution powers."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp


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
