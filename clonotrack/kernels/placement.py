"""Which alleles of a group explain a read best at a given place, and where."""

from __future__ import annotations

from clonotrack.kernels.gapped import align_banded
from clonotrack.kernels.jit import njit
from clonotrack.kernels.segments import Segments, codes_of, group_of
from clonotrack.kernels.ungapped import best_run, count_matches
from clonotrack.sequence import I32, I64, U8

# Alleles whose rough score is this much under the best are not aligned: 15 more mismatches than the best allele,
# five standard deviations of what 25 random bases behind a segment's end add.
SLACK = 45
BAND = 16
# Alleles this much under the best without gaps can become the best with gaps.
GAPPED_SLACK = 12


@njit
def overlap(start: int, end: int, length: int, shift: int) -> tuple[int, int]:
    """The stretch of an allele that lies on the bases ``start:end`` of a read: its first base and its last's next."""
    first = max(0, start - shift)
    return first, max(first, min(length, end - shift))


@njit
def ungapped_run(read: U8, earliest: int, segments: Segments, place: int, allele: int) -> tuple[int, int, int]:
    """The best run of an allele without gaps: score, first base of the read, the base behind its last."""
    codes = codes_of(segments, allele)
    shift = place - segments.origin[allele]
    first, last = overlap(earliest, len(read), len(codes), shift)
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], 1)
    return score, first + shift + run_first, first + shift + run_last


@njit
def score_alleles(
    read: U8, segments: Segments, group: int, place: int, earliest: int, least: float, rough: I64, scores: I64
) -> tuple[int, int]:
    """Best ungapped score of every allele of a group whose common coordinate lies at `place`.

    Matches over the whole overlap are counted first (a machine loop without branches). Only alleles near the best of
    that count are aligned, and none where the best has not half of the least score: then none of the group belongs
    here.

    Args:
        read: codes of the read.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        earliest: first base of the read that may be aligned.
        least: score that the caller accepts.
        rough: scratch, shape (alleles,).
        scores: written for the alleles of the group: score, 0 where another is clearly better.

    Returns:
        The highest score and the first allele that has it (-1 for none).
    """
    start, end = group_of(segments, group)
    top = start
    for allele in range(start, end):
        codes = codes_of(segments, allele)
        shift = place - segments.origin[allele]
        first, last = overlap(earliest, len(read), len(codes), shift)
        matches = count_matches(read[first + shift : last + shift], codes[first:last])
        rough[allele] = 4 * matches - (last - first)
        scores[allele] = 0
        if rough[allele] > rough[top]:
            top = allele
    if 2 * ungapped_run(read, earliest, segments, place, top)[0] < least:
        return 0, -1
    best = 0
    best_allele = -1
    for allele in range(start, end):
        if rough[allele] >= rough[top] - SLACK:
            scores[allele] = ungapped_run(read, earliest, segments, place, allele)[0]
            if scores[allele] > best:
                best = scores[allele]
                best_allele = allele
    return best, best_allele


@njit
def score_alleles_gapped(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    place: int,
    scores: I64,
    gapped: I64,
    pieces: I32,
) -> tuple[int, int]:
    """Score with gaps the alleles that were best without.

    Args:
        read: codes of the read.
        start: first base that may be aligned.
        end: the base behind the last.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        scores: of the alleles without gaps.
        gapped: written: their scores with gaps, 0 for those left out.
        pieces: scratch for `align_banded`.

    Returns:
        The highest score and the first allele that has it.
    """
    first_allele, last_allele = group_of(segments, group)
    top = 0
    for allele in range(first_allele, last_allele):
        top = max(top, scores[allele])
    best = 0
    best_allele = -1
    for allele in range(len(gapped)):
        gapped[allele] = 0
    for allele in range(first_allele, last_allele):
        if scores[allele] == 0 or scores[allele] < top - GAPPED_SLACK:
            continue
        codes = codes_of(segments, allele)
        shift = place - segments.origin[allele]
        gapped[allele] = align_banded(read, start, end, codes, shift, BAND, pieces)[0]
        if gapped[allele] > best:
            best = gapped[allele]
            best_allele = allele
    return best, best_allele
