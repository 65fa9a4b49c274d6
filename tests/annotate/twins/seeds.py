"""Naive twin of `clonotrack.annotate.kernels.seeds`."""

from __future__ import annotations

from collections import Counter, defaultdict


def kmers(sequence: str, k: int) -> list[str | None]:
    words = [sequence[i : i + k] for i in range(len(sequence) - k + 1)]
    return [None if "N" in word else word for word in words]


def votes(read: str, groups: list[list[tuple[str, int]]], k: int, step: int = 1) -> Counter[tuple[int, int]]:
    """Votes of every so many k-mers for (group, place); one for each distance to the common coordinate in a group."""
    counted: Counter[tuple[int, int]] = Counter()
    for group, alleles in enumerate(groups):
        distances = defaultdict(set)
        for allele, origin in alleles:
            for word, _, distance in collect_entries([(allele, origin, group)], k):
                distances[word].add(distance)
        for i, word in list(enumerate(kmers(read, k)))[::step]:
            counted.update((group, i + distance) for distance in distances.get(word, ()))
    return counted


def collect_entries(alleles: list[tuple[str, int, int]], k: int) -> list[tuple[str, int, int]]:
    """k-mer, group and distance to the origin of every k-mer of alleles given as (sequence, origin, group)."""
    return [
        (word, group, origin - i)
        for sequence, origin, group in alleles
        for i, word in enumerate(kmers(sequence, k))
        if word is not None
    ]


def elect(counted: Counter[tuple[int, int]], least: int, apart: int, most: int) -> list[tuple[int, int, int]]:
    """The cells with most votes, the lower one among equals, none of one group near another."""
    taken: list[tuple[int, int, int]] = []
    for (group, place), count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        near = any(group == other and abs(place - there) < apart for other, there, _ in taken)
        if count >= least and not near and len(taken) < most:
            taken.append((group, place, count))
    return taken
