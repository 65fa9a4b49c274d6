"""Provide naive twins of `clonotrack.annotate.kernels.score_alleles`: alleles at one position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonotrack.annotate.kernels.gapped import BAND
from clonotrack.annotate.kernels.score_alleles import GAPPED_SLACK, OVERLAP_SLACK, RUN_SLACK
from tests.annotate.twins.gapped import align_banded
from tests.annotate.twins.types import Allele
from tests.annotate.twins.ungapped import best_run, count_matches


def overlapping_bases(read: str, start: int, end: int, allele: Allele, position: int) -> tuple[str, str, int, int]:
    """Return the overlapping stretches of read and allele, and the first base of each."""
    both = [(i, i - position + allele.origin) for i in range(start, end)]
    both = [(i, g) for i, g in both if 0 <= g < len(allele.sequence)]
    i, g = both[0] if both else (start, 0)
    return "".join(read[i] for i, _ in both), "".join(allele.sequence[g] for _, g in both), i, g


def ungapped_run(read: str, search_start: int, allele: Allele, position: int) -> tuple[float, int, int]:
    """Return score, first base of the read and base of the read after the last of the best run."""
    of_read, of_allele, i, _ = overlapping_bases(read, search_start, len(read), allele, position)
    score, first, last = best_run(of_read, of_allele, 1)
    return score, i + first, i + last


def overlap_score(read: str, first: int, last: int, allele: Allele, position: int, worth: int) -> int:
    """Return `worth` times the matches minus the bases compared."""
    of_read, of_allele, *_ = overlapping_bases(read, first, last, allele, position)
    return worth * count_matches(of_read, of_allele) - len(of_read)


def score_alleles(
    read: str, group: Sequence[Allele], position: int, search_start: int, min_score: float
) -> dict[Allele, float]:
    """Score the alleles that nearly match the read best; no allele if the best has less than half of `min_score`."""
    overlap_scores = {allele: overlap_score(read, search_start, len(read), allele, position, 4) for allele in group}
    top = max(group, key=lambda allele: overlap_scores[allele])
    score, first, last = ungapped_run(read, search_start, top, position)
    if score < min_score / 2:
        return {}
    members = [allele for allele in group if overlap_scores[allele] >= overlap_scores[top] - OVERLAP_SLACK]
    run_scores = {allele: overlap_score(read, first, last, allele, position, 2) for allele in members}
    kept = [allele for allele in members if run_scores[allele] >= max(run_scores.values()) - RUN_SLACK]
    return {allele: ungapped_run(read, search_start, allele, position)[0] for allele in kept}


def score_alleles_gapped(
    read: str, start: int, end: int, position: int, scores: Mapping[Allele, float]
) -> dict[Allele, float]:
    """Score with gaps the alleles whose ungapped score is close to the highest."""
    kept = [a for a, score in scores.items() if score > 0 and score >= max(scores.values()) - GAPPED_SLACK]
    return {a: align_banded(read, start, end, a.sequence, position - a.origin, BAND)[0] for a in kept}


def highest(scores: Mapping[Allele, float]) -> list[Allele]:
    """Return the alleles with the highest score; none if that is 0."""
    most = max(scores.values(), default=0)
    return [allele for allele, score in scores.items() if score == most > 0]
