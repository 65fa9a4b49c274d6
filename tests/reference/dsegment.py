"""Naive twin of `clonotrack.kernels.dsegment`: every allowed allele at every place that shares a k-mer."""

from __future__ import annotations

from tests.reference.seeds import kmers
from tests.reference.ungapped import best_run


def scores(stretch: str, alleles: list[str], allowed: list[int], cost: int, k: int) -> list[float]:
    """Best score of each allele."""
    return [
        max((score for score, *_ in matches(stretch, allele, cost, k)), default=0) if allow else 0
        for allele, allow in zip(alleles, allowed, strict=True)
    ]


def matches(stretch: str, allele: str, cost: int, k: int) -> list[tuple[float, int, int, int]]:
    """Score, first base in the stretch, in the allele and length of the best run at each place."""
    found = []
    for at in range(-len(allele) + 1, len(stretch)):
        if shares_kmer(stretch, allele, at, k):
            first, last = max(0, -at), min(len(allele), len(stretch) - at)
            score, start, end = best_run(stretch[first + at : last + at], allele[first:last], cost)
            found.append((score, first + at + start, first + start, end - start))
    return found


def shares_kmer(stretch: str, allele: str, at: int, k: int) -> bool:
    words = kmers(stretch, k)
    return any(
        word is not None and 0 <= i + at < len(words) and words[i + at] == word
        for i, word in enumerate(kmers(allele, k))
    )
