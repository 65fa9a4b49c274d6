"""Naive twins of clonotrack.cluster.kernels.neighbours: all pairs, strings."""

from __future__ import annotations

from collections.abc import Sequence


def neighbours(
    sequences: Sequence[str], groups: Sequence[int], reads: Sequence[int], limits: Sequence[Sequence[int]]
) -> set[tuple[int, int, int]]:
    pairs = set()
    for parent, one in enumerate(sequences):
        for child, other in enumerate(sequences):
            if len(one) != len(other) or groups[parent] != groups[child]:
                continue
            distance = sum(a != b for a, b in zip(one, other, strict=True))
            if not 1 <= distance <= len(limits):
                continue
            if reads[parent] > reads[child] and reads[child] <= limits[distance - 1][parent]:
                pairs.add((parent, child, distance))
    return pairs


def completions(sequences: Sequence[str], groups: Sequence[int]) -> list[int]:
    def fits(query: int, other: int) -> bool:
        one, two = sequences[query], sequences[other]
        return (
            groups[query] == groups[other]
            and len(one) == len(two)
            and "N" not in two
            and all(a in ("N", b) for a, b in zip(one, two, strict=True))
        )

    return [
        next((other for other in range(len(sequences)) if "N" in sequences[query] and fits(query, other)), -1)
        for query in range(len(sequences))
    ]
