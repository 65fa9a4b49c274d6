"""Naive twins of clonotrack.stats.kernels."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log
from statistics import NormalDist

NORMAL = NormalDist()


def poisson_log_normal(rhos: Sequence[float], dispersion: float, size: int) -> list[list[float]]:
    """P(j reads) of a captured molecule at several depths, by a fine sum over the log yield."""
    step = 0.02
    nodes = [step * node for node in range(-400, 401)] if dispersion else [0.0]
    weights = [NORMAL.pdf(node) for node in nodes]
    law = []
    for rho in rhos:
        rates = [rho * exp(dispersion * node - dispersion**2 / 2) for node in nodes]
        law.append(
            [
                sum(
                    weight / sum(weights) * exp(j * log(rate) - rate - lgamma(j + 1))
                    for weight, rate in zip(weights, rates, strict=True)
                )
                for j in range(size)
            ]
        )
    return law


def mixture_quantiles(
    means: Sequence[float], deviations: Sequence[float], weights: Sequence[float], chances: Sequence[float]
) -> list[float]:
    """Where the mixture's distribution function first reaches each chance, on a fine grid."""
    low, high = min(means) - 9 * max(deviations), max(means) + 9 * max(deviations)
    grid = [low + (high - low) * i / 4000 for i in range(4001)]
    parts = list(zip(means, deviations, weights, strict=True))
    below = [sum(weight * NORMAL.cdf((x - mean) / sd) for mean, sd, weight in parts) for x in grid]
    return [next(x for x, chance in zip(grid, below, strict=True) if chance >= wanted) for wanted in chances]
