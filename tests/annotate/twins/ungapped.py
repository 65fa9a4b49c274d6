"""Naive twin of `clonotrack.annotate.kernels.score_alleles`: every run, every tail."""

from __future__ import annotations

from itertools import accumulate, count
from math import exp

from clonotrack.annotate.kernels.score_alleles import LAMBDA, K


def base_score(read: str, germline: str, cost: float) -> float:
    if read == germline != "N":
        return 1
    return 0 if read == "N" else -cost


def count_matches(read: str, germline: str) -> int:
    return sum(a == b != "N" for a, b in zip(read, germline, strict=True))


def best_run(read: str, germline: str, cost: int) -> tuple[float, int, int]:
    scores = [base_score(a, b, cost) for a, b in zip(read, germline, strict=True)]
    sums = [0.0, *accumulate(scores)]
    best = (0.0, 0, 0)
    for last in range(1, len(scores) + 1):
        for first in range(last):
            score = sums[last] - sums[first]
            if score > best[0] and scores[first] == 1:
                best = (score, first, last)
    return best


def tail_to_trim(read: str, germline: str, longest: int, penalty: float) -> int:
    """How many bases of the 3' end have the lowest sum, the fewest among equals."""
    sums = [
        sum(base_score(read[-i], germline[-i], penalty) for i in range(1, length + 1)) for length in range(longest + 1)
    ]
    return sums.index(min(sums))


def expected_by_chance(score: float, cost: int, searched: int) -> float:
    """Karlin and Altschul's E-value."""
    return K[cost - 1] * searched * exp(-LAMBDA[cost - 1] * score)


def least_by_chance(most: float, cost: int, searched: int) -> int:
    """The least score that chance reaches at most so often."""
    return next(score for score in count(1) if expected_by_chance(score, cost, searched) <= most)
