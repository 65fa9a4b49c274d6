"""Naive twin of clonotrack.cluster.kernels.neighbours: every deletion of every sequence against every other."""

from __future__ import annotations

from collections.abc import Sequence


def indel_neighbours(
    sequences: Sequence[str], groups: Sequence[int], reads: Sequence[int], limits: Sequence[int]
) -> set[tuple[int, int]]:
    def deletions(sequence: str) -> set[str]:
        return {sequence[:at] + sequence[at + 1 :] for at in range(len(sequence))}

    pairs = set()
    for i, one in enumerate(sequences):
        for j, other in enumerate(sequences):
            if groups[i] == groups[j] and other in deletions(one):
                parent, child = min(i, j), max(i, j)
                if reads[parent] > reads[child] and reads[child] <= limits[parent]:
                    pairs.add((parent, child))
    return pairs
