"""Naive twin of `clonotrack.track.kernels.choose_seeds`: try all choices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise


def choose_seeds(cost: Sequence[float], edits: int, length: int) -> tuple[int, ...]:
    """The cheapest `edits` + 1 starts at least `length` apart; of equal ones, that whose last begins first, etc."""
    starts = range(len(cost) - length + 1)
    choices = [c for c in combinations(starts, edits + 1) if all(b - a >= length for a, b in pairwise(c))]
    return min(choices, key=lambda choice: (sum(cost[start] for start in choice), choice[::-1]))
