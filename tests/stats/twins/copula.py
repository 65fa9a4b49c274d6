"""Naive twin of clonotrack.stats.kernels: the same integral by a fine sum over the common factor."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from statistics import NormalDist

NORMAL = NormalDist()


def joint_below(scores: Sequence[Sequence[float]], common: float, step: float = 0.01) -> list[float]:
    """P(every number stays under its score) of each case."""
    factors = [step * node for node in range(-800, 801)]
    rest = sqrt(1 - common)
    return [
        sum(
            step * NORMAL.pdf(factor) * prod(NORMAL.cdf((score - sqrt(common) * factor) / rest) for score in case)
            for factor in factors
        )
        for case in scores
    ]
