"""Naive twin of clonotrack.kernels.shared_cells."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def below_given_cells(severity: Rows, blank: Rows, weights: Sequence[float], beyond: float, most: int) -> list[float]:
    """P(R <= last) + beyond P(R = last + 1) at 0 to `most` cells."""
    return [
        sum(
            weight * _below(_sum(own, other, cells), beyond)
            for own, other, weight in zip(severity, blank, weights, strict=True)
        )
        for cells in range(most + 1)
    ]


def _sum(severity: Sequence[float], blank: Sequence[float], cells: int) -> list[float]:
    law = list(blank)
    for _ in range(cells):
        law = [sum(severity[j] * law[r - j] for j in range(r + 1)) for r in range(len(law))]
    return law


def _below(law: Sequence[float], beyond: float) -> float:
    return sum(law[:-1]) + beyond * law[-1]
