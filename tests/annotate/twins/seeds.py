"""Provide naive twins of `clonotrack.annotate.kernels.seeds`."""

from __future__ import annotations

from collections import Counter, defaultdict


def kmers(sequence: str, k: int) -> list[str | None]:
    all_kmers = [sequence[i : i + k] for i in range(len(sequence) - k + 1)]
    return [None if "N" in kmer else kmer for kmer in all_kmers]


def votes(read: str, groups: list[list[tuple[str, int]]], k: int, step: int = 1) -> Counter[tuple[int, int]]:
    """Count the votes of every `step`-th k-mer for (group, position); alleles of a group that agree give one vote."""
    counted: Counter[tuple[int, int]] = Counter()
    for group, alleles in enumerate(groups):
        distances = defaultdict(set)
        for allele, origin in alleles:
            for kmer, _, distance in collect_entries([(allele, origin, group)], k):
                distances[kmer].add(distance)
        for i, kmer in list(enumerate(kmers(read, k)))[::step]:
            counted.update((group, i + distance) for distance in distances.get(kmer, ()))
    return counted


def collect_entries(alleles: list[tuple[str, int, int]], k: int) -> list[tuple[str, int, int]]:
    """Return k-mer, group and distance to the origin of each k-mer of alleles given as (sequence, origin, group)."""
    return [
        (kmer, group, origin - i)
        for sequence, origin, group in alleles
        for i, kmer in enumerate(kmers(sequence, k))
        if kmer is not None
    ]


def select_candidates(
    counted: Counter[tuple[int, int]], min_votes: int, min_distance: int, max_candidates: int
) -> list[tuple[int, int, int]]:
    """Select the cells with most votes (of equal votes, the lower), `min_distance` apart in a group."""
    selected: list[tuple[int, int, int]] = []
    for (group, position), count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        is_near = any(group == other and abs(position - there) < min_distance for other, there, _ in selected)
        if count >= min_votes and not is_near and len(selected) < max_candidates:
            selected.append((group, position, count))
    return selected
