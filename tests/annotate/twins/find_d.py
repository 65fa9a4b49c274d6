"""Provide naive twins of `clonotrack.annotate.kernels.find_d`; every diagonal is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.find_d import MAX_KMER_MISMATCHES, MIN_STRETCH
from clonotrack.annotate.kernels.types import Germline, Limits
from tests.annotate.twins.seeds import kmers
from tests.annotate.twins.types import Allele, alleles
from tests.annotate.twins.ungapped import best_run, min_significant_score


@dataclass(frozen=True)
class Match:
    """A D on a read: score, alleles with equal scores, interval on the read and on the first of these alleles."""

    score: float
    ties: list[int]
    start: int
    end: int
    germline_start: int
    germline_end: int


def call_d(
    read: str, germline: Germline, limits: Limits, cost: int, v: Allele, j: Allele, first: int, last: int
) -> list[Match]:
    """Call up to two D in ``read[first:last]``, in order.

    The second D is searched after the first; if there is none, before it.
    """
    ds = [d for d in alleles(germline.d) if germline.d_joins_j[j.group][d.number] and v.order < d.order < j.order]
    max_evalue = limits.max_d_evalue * germline.first_d_factor[j.group]
    one = best_d(read, germline, max_evalue, cost, ds, first, last)
    if one is None:
        return []
    order = germline.d.alleles["order"][one.ties[0]]
    max_evalue *= germline.second_d_factor[j.group]
    after = best_d(read, germline, max_evalue, cost, [d for d in ds if d.order > order], one.end, last)
    before = best_d(read, germline, max_evalue, cost, [d for d in ds if d.order < order], first, one.start)
    return [one, after] if after else [before, one] if before else [one]


def best_d(
    read: str, germline: Germline, max_evalue: float, cost: int, ds: Sequence[Allele], first: int, last: int
) -> Match | None:
    """Find the best significant D of a stretch; of its matches, the one whose diagonal has the first shared k-mer."""
    stretch, k = read[first:last], germline.d_seeds.k
    if last - first < MIN_STRETCH or not ds:
        return None
    searched = sum(len(d.sequence) for d in ds) * len(stretch)
    min_score = min_significant_score(max_evalue, cost, searched)
    best = scores(stretch, [d.sequence for d in ds], [1] * len(ds), cost, min_score, k)
    score = max(best)
    if score < min_score:
        return None
    ties = [d for d, of_d in zip(ds, best, strict=True) if of_d == score]
    found = [match for match in matches(stretch, ties[0].sequence, cost, min_score, k) if match[0] == score]
    _, i, g, length = min(found, key=lambda match: first_kmer(stretch, ties[0].sequence, match[1] - match[2], k))
    return Match(score, [d.number for d in ties], first + i, first + i + length, g, g + length)


def first_kmer(stretch: str, allele: str, at: int, k: int) -> tuple[int, int]:
    """Return the first base of the stretch with a k-mer that the allele shares on diagonal `at`, and `at`."""
    stretch_kmers, allele_kmers = kmers(stretch, k), kmers(allele, k)
    shared = [
        i
        for i in range(len(stretch_kmers))
        if stretch_kmers[i] and 0 <= i - at < len(allele_kmers) and stretch_kmers[i] == allele_kmers[i - at]
    ]
    return min(shared), at


def scores(stretch: str, alleles: list[str], allowed: list[int], cost: int, min_score: int, k: int) -> list[float]:
    """Return the best score of each allele; 0 for alleles that are not allowed."""
    return [
        max((score for score, *_ in matches(stretch, allele, cost, min_score, k)), default=0) if allow else 0
        for allele, allow in zip(alleles, allowed, strict=True)
    ]


def matches(stretch: str, allele: str, cost: int, min_score: int, k: int) -> list[tuple[float, int, int, int]]:
    """Return score, first base in the stretch, first base in the allele and length of the best run of each diagonal."""
    found = []
    for at in range(-len(allele) + 1, len(stretch)):
        if shared_kmers(stretch, allele, at, k) >= max(
            1, min_score + cost * MAX_KMER_MISMATCHES - (k - 1) * (MAX_KMER_MISMATCHES + 1)
        ):
            first, last = max(0, -at), min(len(allele), len(stretch) - at)
            score, start, end = best_run(stretch[first + at : last + at], allele[first:last], cost)
            found.append((score, first + at + start, first + start, end - start))
    return found


def shared_kmers(stretch: str, allele: str, at: int, k: int) -> int:
    stretch_kmers = kmers(stretch, k)
    return sum(
        kmer is not None and 0 <= i + at < len(stretch_kmers) and stretch_kmers[i + at] == kmer
        for i, kmer in enumerate(kmers(allele, k))
    )
