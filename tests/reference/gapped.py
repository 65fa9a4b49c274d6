"""Naive twin of `clonotrack.kernels.gapped`: local affine alignment without a band, by recursion over all cells."""

from __future__ import annotations

from functools import cache
from math import inf

from clonotrack.kernels.gapped import DELETION, GAP_EXTEND, GAP_OPEN, INSERTION, MATCH
from tests.reference.ungapped import base_score


def best_score(read: str, germline: str) -> float:
    """Highest score of any local alignment."""

    @cache
    def ending(i: int, j: int, state: int) -> float:
        """Best score of an alignment that ends at germline base i and read base j (1-based) in this state."""
        if i == 0 or j == 0:
            return -inf
        before = {MATCH: (i - 1, j - 1), DELETION: (i - 1, j), INSERTION: (i, j - 1)}[state]
        anything = max(ending(*before, other) for other in (MATCH, DELETION, INSERTION))
        if state == MATCH:
            return base_score(read[j - 1], germline[i - 1], 1) + max(0, anything)
        return max(anything - GAP_OPEN - GAP_EXTEND, ending(*before, state) - GAP_EXTEND)

    cells = [(i, j) for i in range(1, len(germline) + 1) for j in range(1, len(read) + 1)]
    return max([0, *(ending(i, j, MATCH) for i, j in cells)])


def score_of(pieces: list[tuple[int, int]], read: str, read_start: int, germline: str, germline_start: int) -> float:
    """Score of an alignment given as pieces."""
    score, i, j = 0.0, germline_start, read_start
    for kind, length in pieces:
        if kind == MATCH:
            score += sum(base_score(read[j + k], germline[i + k], 1) for k in range(length))
        else:
            score -= GAP_OPEN + GAP_EXTEND * length
        i += length if kind != INSERTION else 0
        j += length if kind != DELETION else 0
    assert j <= len(read)
    assert i <= len(germline)
    return score
