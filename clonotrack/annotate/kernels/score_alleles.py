"""Alignment without gaps: a read and an allele laid beside each other at a given place.

Which alleles of a group explain a read best at a given place, and where.
"""

from __future__ import annotations

import math

from clonotrack.annotate.kernels.gapped import BAND, Table, align_banded
from clonotrack.annotate.kernels.profile import count_profile
from clonotrack.annotate.kernels.types import Members, Scores, Segments
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import I32, I64, U8, N

# METHOD: Karlin-Altschul parameters of 1/-1, 1/-2 and 1/-3 without gaps (Altschul 1997, NAR 25:3389; blastn).
LAMBDA = (1.0986, 1.33, 1.374)
K = (0.333, 0.621, 0.711)
VJ_COST = constant(1)
"""What a mismatch costs in V and J, in matches."""


@leaf
def count_matches(read: U8, germline: U8) -> int:
    """Equal bases of two stretches of one length; an unknown base equals none in an allele (see `Segments`)."""
    matches = 0
    for i in range(len(read)):
        matches += read[i] == germline[i]
    return matches


@leaf
def best_run(read: U8, germline: U8, cost: int) -> tuple[int, int, int]:
    """The run with the highest score: 1 for a match, -cost for a mismatch, 0 for an unknown base of the read.

    METHOD: a cost of 1 has its optimum at about 75 % identity (States, Gish and Altschul 1991, Methods 3:66), the far
    end of somatic hypermutation; random sequence still scores below zero on average (-0.5 a base).

    Args:
        read: a stretch of the read.
        germline: the stretch of an allele beside it, of the same length.
        cost: of a mismatch, in matches.

    Returns:
        Score (0 if nothing matches), first base and the base behind the last. Among equals the one that ends first, and
        of these the longest that begins with a match.
    """
    best = 0
    best_first = 0
    best_last = 0
    score = 0
    first = 0
    for i in range(len(read)):
        if read[i] == germline[i]:
            score += 1
            if score > best:
                best = score
                best_first = first
                best_last = i + 1
        elif read[i] != N:
            score -= cost
            if score < 0:
                score = 0
                first = i + 1
    while best_first < best_last and read[best_first] != germline[best_first]:
        best_first += 1
    return best, best_first, best_last


@inlined
def expected_by_chance(score: int, cost: int, searched: int) -> float:
    """Matches of at least this score that random sequence has (E-value).

    Args:
        score: of `best_run`.
        cost: of a mismatch, 1 to 3.
        searched: bases of the read times bases of all alleles.
    """
    return K[cost - 1] * searched * math.exp(-LAMBDA[cost - 1] * score)


@inlined
def least_by_chance(most: float, cost: int, searched: int) -> int:
    """The least score, 1 or more, of which random sequence has at most so many matches; see `expected_by_chance`."""
    if searched <= 0:
        return 1
    score = max(1, int(math.log(K[cost - 1] * searched / most) / LAMBDA[cost - 1]))
    while expected_by_chance(score, cost, searched) > most:
        score += 1
    return score


@inlined
def tail_to_trim(read: U8, read_last: int, germline: U8, germline_last: int, longest: int, penalty: float) -> int:
    """How many bases at the 3' end are more likely chance than germline.

    METHOD: `best_run` accepts short chance matches behind a segment's true end, since its penalty is made for
    hypermutated reads. Here a mismatch costs what it is worth at the substitution rate of this very read (log odds).

    Args:
        read: codes of the read.
        read_last: the last aligned base.
        germline: codes of the allele.
        germline_last: the base beside it.
        longest: most bases that are looked at.
        penalty: cost of a mismatch in matches.

    Returns:
        Length of the tail with the lowest negative score; 0 where every tail speaks for the germline.
    """
    lowest = 0.0
    trimmed = 0
    score = 0.0
    for i in range(longest):
        base = read[read_last - i]
        if base == germline[germline_last - i]:
            score += 1.0
        elif base != N:
            score -= penalty
        if score < lowest:
            lowest = score
            trimmed = i + 1
    return trimmed


@inlined
def head_to_trim(read: U8, read_first: int, germline: U8, germline_first: int, longest: int, penalty: float) -> int:
    """`tail_to_trim` for the 5' end: how many bases from `read_first` on are more likely chance than germline."""
    lowest = 0.0
    trimmed = 0
    score = 0.0
    for i in range(longest):
        base = read[read_first + i]
        if base == germline[germline_first + i]:
            score += 1.0
        elif base != N:
            score -= penalty
        if score < lowest:
            lowest = score
            trimmed = i + 1
    return trimmed


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
def ungapped_run(read: U8, earliest: int, segments: Segments, place: int, allele: int) -> tuple[int, int, int]:
    """The best run of an allele without gaps: score, first base of the read, the base behind its last."""
    codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
    shift = place - segments.origin[allele]
    first = max(0, earliest - shift)
    last = max(first, min(len(codes), len(read) - shift))
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], VJ_COST)
    return score, first + shift + run_first, first + shift + run_last


@leaf
def score_alleles(
    read: U8, segments: Segments, group: int, place: int, earliest: int, least: float, scores: I64, members: Members
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
        scores: written for the alleles of the group: score, 0 where another is clearly better.
        members: scratch.

    Returns:
        The highest score and the first allele that has it (-1 for none).
    """
    start, end = segments.groups[group]["first"], segments.groups[group]["end"]
    top = rough_scores(read, earliest, segments, group, place, members)
    rough, inside = members.rough, members.inside
    least_rough = rough[top] - ROUGH_SLACK
    for allele in range(start, end):
        scores[allele] = 0
    score, first, last = ungapped_run(read, earliest, segments, place, start + top)
    if 2 * score < least:
        return 0, -1
    most = scores_inside(read, earliest, first, last, segments, group, place, least_rough, members)
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


@inlined
def scores_inside(
    read: U8,
    earliest: int,
    first: int,
    last: int,
    segments: Segments,
    group: int,
    place: int,
    least_rough: int,
    members: Members,
) -> int:
    """Matches less mismatches of every allele over the bases ``first:last``; an unknown base is a mismatch.

    They are those over the whole overlap (``matches``) less those before and behind, which are fewer bases to look at.
    ``inside`` is written, `NOT_NEAR` for alleles with a rough score below `least_rough`; for the other arguments see
    `rough_scores`.

    Returns:
        The highest.
    """
    start, end = segments.groups[group]["first"], segments.groups[group]["end"]
    matches, inside, rough = members.matches[: end - start], members.inside[: end - start], members.rough
    for side in range(2):
        before, behind = (last, len(read)) if side else (earliest, first)
        if before < behind:
            count_profile(
                read, before, behind, segments.groups[group], segments.has, place, members.few, members.inside
            )
            for member in range(len(matches)):
                matches[member] -= inside[member]
    origin = segments.origin[start:end]
    tails = segments.offsets[start + 1 : end + 1]
    heads = segments.offsets[start:end]
    most = NOT_NEAR
    for member in range(len(matches)):
        head = place - origin[member]
        compared = min(last, head + tails[member] - heads[member]) - max(first, head)
        here = 2 * matches[member] - max(0, compared)
        inside[member] = here if rough[member] >= least_rough else NOT_NEAR
        most = max(most, inside[member])
    return most


@inlined
def rough_scores(read: U8, earliest: int, segments: Segments, group: int, place: int, members: Members) -> int:
    """Four times the matches, less the bases compared, of every allele over its whole overlap with a read.

    Args:
        read: codes of the read.
        earliest: first base of the read that may be aligned.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        members: ``rough`` is written, for each member of the group, and ``matches``.

    Returns:
        The first member with the highest.
    """
    last = len(read)
    count_profile(read, earliest, last, segments.groups[group], segments.has, place, members.few, members.matches)
    start, end = segments.groups[group]["first"], segments.groups[group]["end"]
    rough, matches = members.rough[: end - start], members.matches[: end - start]
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


@inlined
def score_alleles_gapped(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    place: int,
    pieces: I32,
    scores: Scores,
    table: Table,
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
        scores: ``last`` holds those without gaps; ``best`` is written: scores with gaps, 0 for those left out.
        table: scratch for `align_banded`.

    Returns:
        The highest score and the first allele that has it.
    """
    first_allele, last_allele = segments.groups[group]["first"], segments.groups[group]["end"]
    ungapped, gapped = scores.last, scores.best
    top = 0
    for allele in range(first_allele, last_allele):
        top = max(top, ungapped[allele])
    best = 0
    best_allele = -1
    for allele in range(first_allele, last_allele):
        gapped[allele] = 0
        if ungapped[allele] == 0 or ungapped[allele] < top - GAPPED_SLACK:
            continue
        codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
        shift = place - segments.origin[allele]
        gapped[allele] = align_banded(read, start, end, codes, shift, BAND, pieces, table)[0]
        if gapped[allele] > best:
            best = gapped[allele]
            best_allele = allele
    return best, best_allele
