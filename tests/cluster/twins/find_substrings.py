"""Naive twin of clonotrack.cluster.kernels.find_substrings: every place of every longer sequence."""

from __future__ import annotations

from collections.abc import Sequence

from clonotrack.cluster.kernels.find_substrings import WORD


def occurrences(sequences: Sequence[str], longer: Sequence[str], max_distance: int) -> list[int]:
    result = []
    for sequence in sequences:
        size = len(sequence)
        limit = min(max_distance, size // WORD - 1)
        places = (
            (sum(a != b for a, b in zip(sequence, other[at : at + size], strict=True)), owner)
            for owner, other in enumerate(longer)
            for at in range(len(other) - size + 1)
        )
        distance, owner = min(places, default=(limit + 1, -1))
        result.append(owner if distance <= limit else -1)
    return result
