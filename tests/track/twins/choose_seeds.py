"""Naive twin of `clonotrack.track.kernels.choose_seeds`: all choices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise


def choose_pieces(cost: Sequence[float], edits: int, size: int) -> tuple[int, ...]:
    """The cheapest `edits` + 1 starts at least `size` apart; of equals the one whose last begins first, and so on."""
    starts = range(len(cost) - size + 1)
    choices = [c for c in combinations(starts, edits + 1) if all(b - a >= size for a, b in pairwise(c))]
    return min(choices, key=lambda choice: (sum(cost[start] for start in choice), choice[::-1]))
