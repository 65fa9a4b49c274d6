"""Naive twin of clonotrack.stats.kernels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

Rows = Sequence[Sequence[float]]


def below_given_cells(severity: Rows, blank: Rows, weights: Sequence[float], most: int) -> list[list[float]]:
    """P(R <= r) at 0 to `most` cells."""
    found = []
    for cells in range(most + 1):
        laws = [_sum(own, other, cells) for own, other in zip(severity, blank, strict=True)]
        mixed = [sum(w * law[r] for w, law in zip(weights, laws, strict=True)) for r in range(len(laws[0]))]
        found.append(list(accumulate(mixed)))
    return found


def _sum(severity: Sequence[float], blank: Sequence[float], cells: int) -> list[float]:
    law = list(blank)
    for _ in range(cells):
        law = [sum(severity[j] * law[r - j] for j in range(r + 1)) for r in range(len(law))]
    return law
