"""Which alleles of a group explain a read best at a given place, and where."""

from __future__ import annotations

from clonotrack.kernels.gapped import BAND, align_banded
from clonotrack.kernels.jit import leaf
from clonotrack.kernels.profile import count_profile
from clonotrack.kernels.segments import Segments, codes_of, group_of
from clonotrack.kernels.ungapped import best_run
from clonotrack.kernels.workspace import Bench
from clonotrack.sequence import I32, U8

# Alleles whose rough score is this much under the best are not looked at: 15 more mismatches than the best allele,
# five standard deviations of what 25 random bases behind a segment's end add.
ROUGH_SLACK = 45
# Alleles whose score over the bases of the best allele's run is this much under the highest are not aligned: one that
# gains at the ends of the run what it lacks inside would have to gain four matches.
SLACK = 8
NOT_NEAR = -1_000_000
# Alleles this much under the best without gaps can become the best with gaps.
GAPPED_SLACK = 12


@leaf
def overlap(start: int, end: int, length: int, shift: int) -> tuple[int, int]:
    """The stretch of an allele that lies on the bases ``start:end`` of a read: its first base and its last's next."""
    first = max(0, start - shift)
    return first, max(first, min(length, end - shift))


@leaf
def ungapped_run(read: U8, earliest: int, segments: Segments, place: int, allele: int) -> tuple[int, int, int]:
    """The best run of an allele without gaps: score, first base of the read, the base behind its last."""
    codes = codes_of(segments, allele)
    shift = place - segments.origin[allele]
    first, last = overlap(earliest, len(read), len(codes), shift)
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], 1)
    return score, first + shift + run_first, first + shift + run_last


@leaf
def score_alleles(
    read: U8, segments: Segments, group: int, place: int, earliest: int, least: float, bench: Bench
) -> tuple[int, int]:
    """Best ungapped score of every allele of a group whose common coordinate lies at `place`.

    Matches over the whole overlap, counted for all alleles at once, say which allele is laid along the read first, and
    matches over the bases that this one explains say which others may explain them as well. None is aligned where the
    first has not half of the least score: then none of the group belongs here.

    Args:
        read: codes of the read.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        earliest: first base of the read that may be aligned.
        least: score that the caller accepts.
        bench: ``scores`` is written for the alleles of the group: score, 0 where another is clearly better.

    Returns:
        The highest score and the first allele that has it (-1 for none).
    """
    start, end = group_of(segments, group)
    scores = bench.scores
    top = rough_scores(read, earliest, segments, group, place, bench)
    least_rough = bench.rough[top] - ROUGH_SLACK
    for allele in range(start, end):
        scores[allele] = 0
    score, first, last = ungapped_run(read, earliest, segments, place, start + top)
    if 2 * score < least:
        return 0, -1
    scores_inside(read, earliest, first, last, segments, group, place, bench)
    inside = bench.inside
    most = NOT_NEAR
    for member in range(end - start):
        if bench.rough[member] < least_rough:
            inside[member] = NOT_NEAR
        most = max(most, inside[member])
    best = 0
    best_allele = -1
    for member in range(end - start):
        if inside[member] >= most - SLACK:
            allele = start + member
            scores[allele] = score if member == top else ungapped_run(read, earliest, segments, place, allele)[0]
            if scores[allele] > best:
                best = scores[allele]
                best_allele = allele
    return best, best_allele


@leaf
def scores_inside(
    read: U8, earliest: int, first: int, last: int, segments: Segments, group: int, place: int, bench: Bench
) -> None:
    """Matches less mismatches of every allele over the bases ``first:last``; an unknown base is a mismatch.

    They are those over the whole overlap (``matches`` of the bench) less those before and behind, which are fewer bases
    to look at. ``inside`` of the bench is written; for the arguments see `rough_scores`.
    """
    start, end = group_of(segments, group)
    profile = segments.profile
    matches, inside = bench.matches[: end - start], bench.inside[: end - start]
    for before, behind in ((earliest, first), (last, len(read))):
        if before < behind:
            count_profile(read, before, behind, profile, group, place, bench.few, bench.inside)
            for member in range(len(matches)):
                matches[member] -= inside[member]
    origin = segments.origin[start:end]
    tails = segments.offsets[start + 1 : end + 1]
    heads = segments.offsets[start:end]
    for member in range(len(matches)):
        head = place - origin[member]
        compared = min(last, head + tails[member] - heads[member]) - max(first, head)
        inside[member] = 2 * matches[member] - max(0, compared)


@leaf
def rough_scores(read: U8, earliest: int, segments: Segments, group: int, place: int, bench: Bench) -> int:
    """Four times the matches, less the bases compared, of every allele over its whole overlap with a read.

    Args:
        read: codes of the read.
        earliest: first base of the read that may be aligned.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        bench: ``rough`` is written, for each member of the group, and ``matches``.

    Returns:
        The first member with the highest.
    """
    last = len(read)
    count_profile(read, earliest, last, segments.profile, group, place, bench.few, bench.matches)
    start, end = group_of(segments, group)
    rough, matches = bench.rough[: end - start], bench.matches[: end - start]
    origin = segments.origin[start:end]
    tails = segments.offsets[start + 1 : end + 1]
    heads = segments.offsets[start:end]
    most = NOT_NEAR
    for member in range(len(rough)):
        head = place - origin[member]
        compared = min(last, head + tails[member] - heads[member]) - max(earliest, head)
        rough[member] = 4 * matches[member] - max(0, compared)
        most = max(most, rough[member])
    top = 0
    while rough[top] < most:
        top += 1
    return top


@leaf
def score_alleles_gapped(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    place: int,
    pieces: I32,
    bench: Bench,
) -> tuple[int, int]:
    """Score with gaps the alleles that were best without.

    Args:
        read: codes of the read.
        start: first base that may be aligned.
        end: the base behind the last.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        pieces: scratch for `align_banded`.
        bench: ``scores`` holds those without gaps; ``best`` is written: scores with gaps, 0 for those left out.

    Returns:
        The highest score and the first allele that has it.
    """
    first_allele, last_allele = group_of(segments, group)
    scores, gapped = bench.scores, bench.best
    top = 0
    for allele in range(first_allele, last_allele):
        top = max(top, scores[allele])
    best = 0
    best_allele = -1
    for allele in range(first_allele, last_allele):
        gapped[allele] = 0
        if scores[allele] == 0 or scores[allele] < top - GAPPED_SLACK:
            continue
        codes = codes_of(segments, allele)
        shift = place - segments.origin[allele]
        gapped[allele] = align_banded(read, start, end, codes, shift, BAND, pieces, bench.table)[0]
        if gapped[allele] > best:
            best = gapped[allele]
            best_allele = allele
    return best, best_allele
