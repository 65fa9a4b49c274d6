"""Naive twins of clonotrack.cluster.kernels.neighbours: compare all pairs of strings."""

from __future__ import annotations

from collections.abc import Sequence


def neighbours(
    sequences: Sequence[str], groups: Sequence[int], reads: Sequence[int], max_child_reads: Sequence[Sequence[int]]
) -> set[tuple[int, int, int]]:
    pairs = set()
    for parent, one in enumerate(sequences):
        for child, other in enumerate(sequences):
            if len(one) != len(other) or groups[parent] != groups[child]:
                continue
            distance = sum(a != b for a, b in zip(one, other, strict=True))
            if not 1 <= distance <= len(max_child_reads):
                continue
            if reads[parent] > reads[child] and reads[child] <= max_child_reads[distance - 1][parent]:
                pairs.add((parent, child, distance))
    return pairs


def indel_neighbours(
    sequences: Sequence[str], groups: Sequence[int], reads: Sequence[int], max_child_reads: Sequence[int]
) -> set[tuple[int, int]]:
    def deletions(sequence: str) -> set[str]:
        return {sequence[:at] + sequence[at + 1 :] for at in range(len(sequence))}

    pairs = set()
    for i, one in enumerate(sequences):
        for j, other in enumerate(sequences):
            if groups[i] == groups[j] and other in deletions(one):
                parent, child = min(i, j), max(i, j)
                if reads[parent] > reads[child] and reads[child] <= max_child_reads[parent]:
                    pairs.add((parent, child))
    return pairs


def match_unknown_bases(sequences: Sequence[str], groups: Sequence[int]) -> list[int]:
    def agrees(query: int, other: int) -> bool:
        one, two = sequences[query], sequences[other]
        return (
            groups[query] == groups[other]
            and len(one) == len(two)
            and "N" not in two
            and all(a in ("N", b) for a, b in zip(one, two, strict=True))
        )

    return [
        next((other for other in range(len(sequences)) if "N" in sequences[query] and agrees(query, other)), -1)
        for query in range(len(sequences))
    ]
