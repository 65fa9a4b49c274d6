"""Naive twin of clonotrack.cluster.kernels.consensus: a dictionary of votes for each column."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence


def consensus(
    sequences: Sequence[str], scores: Sequence[Sequence[int]], weights: Sequence[int], anchors: Sequence[int]
) -> tuple[str, int]:
    """Build the consensus of one group, and the position of the anchor in it."""
    reach: Counter[int] = Counter()
    votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for sequence, quality, weight, anchor in zip(sequences, scores, weights, anchors, strict=True):
        for position, (base, score) in enumerate(zip(sequence, quality, strict=True)):
            reach[position - anchor] += weight
            if base != "N":
                votes[position - anchor][base] += weight * max(score, 1)
    columns = sorted(column for column, covered in reach.items() if 2 * covered >= sum(weights))
    bases = [min(votes[column], key=lambda base: (-votes[column][base], base), default="N") for column in columns]
    return "".join(bases), sum(column < 0 for column in columns)
