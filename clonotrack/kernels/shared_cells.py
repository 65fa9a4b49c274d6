"""Counts of a marker at a known number of cells, as several markers of the same cells need them."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import F64


@njit
def below_given_cells(severity: F64, blank: F64, weights: F64, most: int) -> F64:
    """P(R <= r) where the specimen holds 0, 1, ... cells, averaged over the nodes.

    The law of one cell is added again and again, beginning from what is no clone.

    Args:
        severity: shape (nodes, n), P(counts of a cell = j).
        blank: shape (nodes, n), P(counts that are no clone = j).
        weights: shape (nodes,).
        most: cells.

    Returns:
        shape (most + 1, n).
    """
    size = severity.shape[1]
    found = np.zeros((most + 1, size), dtype=np.float64)
    for node in range(len(weights)):
        law = blank[node].copy()
        for cells in range(most + 1):
            total = 0.0
            for counts in range(size):
                total += law[counts]
                found[cells, counts] += weights[node] * total
            for counts in range(size - 1, -1, -1):
                value = 0.0
                for jump in range(counts + 1):
                    value += severity[node, jump] * law[counts - jump]
                law[counts] = value
    return found
