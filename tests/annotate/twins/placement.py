"""Naive twin of `clonotrack.annotate.kernels.score_alleles`: what the alleles of a group score at one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonotrack.annotate.kernels.gapped import BAND
from clonotrack.annotate.kernels.score_alleles import GAPPED_SLACK, ROUGH_SLACK, SLACK
from tests.annotate.twins.gapped import align_banded
from tests.annotate.twins.types import Allele
from tests.annotate.twins.ungapped import best_run, count_matches


def beside(read: str, start: int, end: int, allele: Allele, place: int) -> tuple[str, str, int, int]:
    """Stretches of the read and of the allele that lie beside each other, and where these begin."""
    both = [(i, i - place + allele.origin) for i in range(start, end)]
    both = [(i, g) for i, g in both if 0 <= g < len(allele.sequence)]
    i, g = both[0] if both else (start, 0)
    return "".join(read[i] for i, _ in both), "".join(allele.sequence[g] for _, g in both), i, g


def ungapped_run(read: str, earliest: int, allele: Allele, place: int) -> tuple[float, int, int]:
    """The best run: score, first base of the read, the base behind its last."""
    of_read, of_allele, i, _ = beside(read, earliest, len(read), allele, place)
    score, first, last = best_run(of_read, of_allele, 1)
    return score, i + first, i + last


def rough_score(read: str, first: int, last: int, allele: Allele, place: int, worth: int) -> int:
    """So many times the matches, less the bases compared."""
    of_read, of_allele, *_ = beside(read, first, last, allele, place)
    return worth * count_matches(of_read, of_allele) - len(of_read)


def score_alleles(read: str, group: Sequence[Allele], place: int, earliest: int, least: float) -> dict[Allele, float]:
    """Scores of the alleles that explain the read nearly as well as the best; none where that is far from `least`."""
    rough = {allele: rough_score(read, earliest, len(read), allele, place, 4) for allele in group}
    top = max(group, key=lambda allele: rough[allele])
    score, first, last = ungapped_run(read, earliest, top, place)
    if score < least / 2:
        return {}
    members = [allele for allele in group if rough[allele] >= rough[top] - ROUGH_SLACK]
    inside = {allele: rough_score(read, first, last, allele, place, 2) for allele in members}
    near = [allele for allele in members if inside[allele] >= max(inside.values()) - SLACK]
    return {allele: ungapped_run(read, earliest, allele, place)[0] for allele in near}


def score_alleles_gapped(
    read: str, start: int, end: int, place: int, scores: Mapping[Allele, float]
) -> dict[Allele, float]:
    """Scores with gaps of the alleles that were nearly the best without."""
    near = [a for a, score in scores.items() if score > 0 and score >= max(scores.values()) - GAPPED_SLACK]
    return {a: align_banded(read, start, end, a.sequence, place - a.origin, BAND)[0] for a in near}


def highest(scores: Mapping[Allele, float]) -> list[Allele]:
    """The alleles that tie with the highest score; none where that is 0."""
    most = max(scores.values(), default=0)
    return [allele for allele, score in scores.items() if score == most > 0]
