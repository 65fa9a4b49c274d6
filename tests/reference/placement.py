"""Naive twin of `clonotrack.kernels.placement`: what the alleles of a group score at one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonotrack.kernels.placement import BAND, GAPPED_SLACK, SLACK
from tests.reference.gapped import align_banded
from tests.reference.segments import Allele
from tests.reference.ungapped import best_run, count_matches


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


def rough_score(read: str, earliest: int, allele: Allele, place: int) -> int:
    """Four times the matches, less the bases compared."""
    of_read, of_allele, *_ = beside(read, earliest, len(read), allele, place)
    return 4 * count_matches(of_read, of_allele) - len(of_read)


def score_alleles(read: str, group: Sequence[Allele], place: int, earliest: int, least: float) -> dict[Allele, float]:
    """Scores of the alleles that explain the read nearly as well as the best; none where that is far from `least`."""
    rough = {allele: rough_score(read, earliest, allele, place) for allele in group}
    most = max(rough.values())
    first = next(allele for allele in group if rough[allele] == most)
    if ungapped_run(read, earliest, first, place)[0] < least / 2:
        return {}
    return {a: ungapped_run(read, earliest, a, place)[0] for a in group if most - rough[a] <= SLACK}


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
