"""Provide naive twins of `clonotrack.annotate.kernels.score_alleles` for ungapped runs: every run, every tail."""

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
    """Return the length of the tail with the lowest score; of equal scores, the shortest."""
    sums = [
        sum(base_score(read[-i], germline[-i], penalty) for i in range(1, length + 1)) for length in range(longest + 1)
    ]
    return sums.index(min(sums))


def match_evalue(score: float, cost: int, searched: int) -> float:
    """Return the E-value of Karlin and Altschul."""
    return K[cost - 1] * searched * exp(-LAMBDA[cost - 1] * score)


def min_significant_score(max_evalue: float, cost: int, searched: int) -> int:
    """Return the smallest score whose E-value is at most `max_evalue`."""
    return next(score for score in count(1) if match_evalue(score, cost, searched) <= max_evalue)
