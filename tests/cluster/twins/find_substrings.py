"""Naive twin of clonotrack.cluster.kernels.find_substrings: try every position of every longer sequence."""

from __future__ import annotations

from collections.abc import Sequence

from clonotrack.cluster.kernels.find_substrings import K


def find_substrings(sequences: Sequence[str], longer: Sequence[str], max_distance: int) -> list[int]:
    result = []
    for sequence in sequences:
        size = len(sequence)
        limit = min(max_distance, size // K - 1)
        positions = (
            (sum(a != b for a, b in zip(sequence, other[start : start + size], strict=True)), owner)
            for owner, other in enumerate(longer)
            for start in range(len(other) - size + 1)
        )
        distance, owner = min(positions, default=(limit + 1, -1))
        result.append(owner if distance <= limit else -1)
    return result
