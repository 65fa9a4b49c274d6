"""Naive twin of `clonotrack.annotate.kernels.find_d`: every allowed allele at every place that shares enough k-mers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.find_d import MISMATCHES, SHORTEST_STRETCH
from clonotrack.annotate.kernels.types import Germline, Limits
from tests.annotate.twins.seeds import kmers
from tests.annotate.twins.types import Allele, alleles
from tests.annotate.twins.ungapped import best_run, least_by_chance


@dataclass(frozen=True)
class Match:
    """A D on a read: alleles that tie, the bases of the read and of the first of the alleles."""

    score: float
    ties: list[int]
    start: int
    end: int
    germline_start: int
    germline_end: int


def settle_d(
    read: str, germline: Germline, limits: Limits, cost: int, v: Allele, j: Allele, first: int, last: int
) -> list[Match]:
    """The D of ``read[first:last]``, in order; two at most.

    The second is looked for behind the first, and before it where there is none behind.
    """
    ds = [d for d in alleles(germline.d) if germline.has_d[j.group][d.number] and v.order < d.order < j.order]
    most = limits.max_d_expected * germline.first_d[j.group]
    one = best_d(read, germline, most, cost, ds, first, last)
    if one is None:
        return []
    order = germline.d.alleles["order"][one.ties[0]]
    most *= germline.second_d[j.group]
    behind = best_d(read, germline, most, cost, [d for d in ds if d.order > order], one.end, last)
    before = best_d(read, germline, most, cost, [d for d in ds if d.order < order], first, one.start)
    return [one, behind] if behind else [before, one] if before else [one]


def best_d(
    read: str, germline: Germline, most: float, cost: int, ds: Sequence[Allele], first: int, last: int
) -> Match | None:
    """The best D of a stretch, if it is better than chance; of the first allele the match that k-mers meet first."""
    stretch, k = read[first:last], germline.d_seeds.k
    if last - first < SHORTEST_STRETCH or not ds:
        return None
    searched = sum(len(d.sequence) for d in ds) * len(stretch)
    least = least_by_chance(most, cost, searched)
    best = scores(stretch, [d.sequence for d in ds], [1] * len(ds), cost, least, k)
    score = max(best)
    if score < least:
        return None
    ties = [d for d, of_d in zip(ds, best, strict=True) if of_d == score]
    found = [match for match in matches(stretch, ties[0].sequence, cost, least, k) if match[0] == score]
    _, i, g, length = min(found, key=lambda match: first_kmer(stretch, ties[0].sequence, match[1] - match[2], k))
    return Match(score, [d.number for d in ties], first + i, first + i + length, g, g + length)


def first_kmer(stretch: str, allele: str, at: int, k: int) -> tuple[int, int]:
    """First base of the stretch with a k-mer that the allele shares at this place, and the place."""
    words, others = kmers(stretch, k), kmers(allele, k)
    shared = [i for i in range(len(words)) if words[i] and 0 <= i - at < len(others) and words[i] == others[i - at]]
    return min(shared), at


def scores(stretch: str, alleles: list[str], allowed: list[int], cost: int, least: int, k: int) -> list[float]:
    """Best score of each allele."""
    return [
        max((score for score, *_ in matches(stretch, allele, cost, least, k)), default=0) if allow else 0
        for allele, allow in zip(alleles, allowed, strict=True)
    ]


def matches(stretch: str, allele: str, cost: int, least: int, k: int) -> list[tuple[float, int, int, int]]:
    """Score, first base in the stretch, in the allele and length of the best run at each place."""
    found = []
    for at in range(-len(allele) + 1, len(stretch)):
        if shared_kmers(stretch, allele, at, k) >= max(1, least + cost * MISMATCHES - (k - 1) * (MISMATCHES + 1)):
            first, last = max(0, -at), min(len(allele), len(stretch) - at)
            score, start, end = best_run(stretch[first + at : last + at], allele[first:last], cost)
            found.append((score, first + at + start, first + start, end - start))
    return found


def shared_kmers(stretch: str, allele: str, at: int, k: int) -> int:
    words = kmers(stretch, k)
    return sum(
        word is not None and 0 <= i + at < len(words) and words[i + at] == word
        for i, word in enumerate(kmers(allele, k))
    )
