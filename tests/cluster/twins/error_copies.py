"""Naive twins of clonotrack.cluster.kernels.error_copies: strings and dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


def pair_probabilities(
    sequences: Sequence[str],
    scores: Sequence[Sequence[int]],
    pairs: Sequence[tuple[int, int]],
    probabilities: Sequence[float],
) -> list[float]:
    return [
        prod(
            probabilities[score]
            for a, b, score in zip(sequences[parent], sequences[child], scores[child], strict=True)
            if a != b
        )
        for parent, child in pairs
    ]


def find_roots(pairs: Sequence[tuple[int, int]], parent_may_be_copy: Sequence[bool], n: int) -> list[int]:
    parents: dict[int, int] = {}
    for (parent, child), allowed in zip(pairs, parent_may_be_copy, strict=True):
        if child not in parents and (allowed or parent not in parents):
            parents[child] = parent

    def root(node: int) -> int:
        return root(parents[node]) if node in parents else node

    return [root(node) for node in range(n)]
