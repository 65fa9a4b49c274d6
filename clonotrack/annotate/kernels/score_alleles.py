"""Score the alleles of a group against a read at one position, without gaps and with gaps.

E-values and the trimming of chance matches are here too, because both follow from the same scores.
"""

from __future__ import annotations

import math

from clonotrack.annotate.kernels.gapped import BAND, Table, align_banded
from clonotrack.annotate.kernels.profile import count_profile
from clonotrack.annotate.kernels.types import Members, Scores, Segments
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import I32, I64, U8, N

# METHOD: Karlin-Altschul parameters lambda and K of ungapped scores 1/-1, 1/-2 and 1/-3 (match/mismatch), as in blastn
# (Altschul 1997, Nucleic Acids Res 25:3389). Element i belongs to a mismatch cost of i + 1.
LAMBDA = (1.0986, 1.33, 1.374)
K = (0.333, 0.621, 0.711)
VJ_COST = constant(1)
"""Cost of a mismatch in V and J (matches)."""


@leaf
def count_matches(read: U8, germline: U8) -> int:
    """Count equal bases of two stretches of equal length; an N of the read matches nothing."""
    matches = 0
    for i in range(len(read)):
        matches += read[i] == germline[i]
    return matches


@leaf
def best_run(read: U8, germline: U8, cost: int) -> tuple[int, int, int]:
    """Find the run with the highest score: 1 for a match, -cost for a mismatch, 0 for an N of the read.

    METHOD: score = matches - cost * mismatches. A cost of 1 is optimal at about 75 % identity (States, Gish and
    Altschul 1991, Methods 3:66), the lower limit of somatic hypermutation. Random sequence still scores -0.5 per base
    on average.

    Args:
        read: codes of a stretch of the read.
        germline: codes of the stretch of the allele that is aligned with it, same shape.
        cost: cost of a mismatch (matches).

    Returns:
        Score (0 if nothing matches), first base and base after the last, counted from the start of the stretches. Of
        runs with equal scores the one that ends first is returned; of these, the longest that begins with a match.
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
def match_evalue(score: int, cost: int, searched: int) -> float:
    """Return the E-value: number of matches with this score or more that random sequence gives.

    METHOD: E = K m n exp(-lambda S), with score S, m bases of the read and n bases of the alleles (Karlin and Altschul
    1990, PNAS 87:2264).

    Args:
        score: score S, from `best_run`.
        cost: cost of a mismatch (matches), 1 to 3.
        searched: product m n.
    """
    return K[cost - 1] * searched * math.exp(-LAMBDA[cost - 1] * score)


@inlined
def min_significant_score(max_evalue: float, cost: int, searched: int) -> int:
    """Return the smallest score, 1 or more, whose E-value is at most `max_evalue`.

    Args:
        max_evalue: largest accepted E-value.
        cost: cost of a mismatch (matches), 1 to 3.
        searched: bases of the read times bases of the alleles; if 0, the result is 1.
    """
    if searched <= 0:
        return 1
    score = max(1, int(math.log(K[cost - 1] * searched / max_evalue) / LAMBDA[cost - 1]))
    while match_evalue(score, cost, searched) > max_evalue:
        score += 1
    return score


@inlined
def tail_to_trim(read: U8, read_last: int, germline: U8, germline_last: int, longest: int, penalty: float) -> int:
    """Count the bases at the 3' end of an alignment that are more likely chance matches than germline.

    METHOD: score of a tail = matches - penalty * mismatches, where the penalty is the log odds of a mismatch at the
    substitution rate of this read (`mismatch_cost`). The tail with the lowest negative score is trimmed. `best_run`
    keeps such tails, because its mismatch cost of 1 suits hypermutated reads.

    Args:
        read: codes of the read.
        read_last: last aligned base of the read.
        germline: codes of the allele.
        germline_last: last aligned base of the allele.
        longest: largest number of bases to trim.
        penalty: cost of a mismatch (matches).

    Returns:
        The length of the tail with the lowest score; 0 if no tail has a negative score.
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
    """Count the bases at the 5' end of an alignment that are more likely chance matches than germline.

    Args:
        read: codes of the read.
        read_first: first aligned base of the read.
        germline: codes of the allele.
        germline_first: first aligned base of the allele.
        longest: largest number of bases to trim.
        penalty: cost of a mismatch (matches).

    Returns:
        The number of bases, as `tail_to_trim` returns for the 3' end.
    """
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


# An allele is skipped if its overlap score is this much below the highest of the group. 45 is 15 more mismatches than
# the best allele has, 5 standard deviations of what 25 random bases beyond a segment's end add.
OVERLAP_SLACK = 45
# An allele is skipped if its score over the run of the best allele is this much below the highest. To catch up, it
# would have to gain 4 matches beyond the ends of that run.
RUN_SLACK = 8
# Score of a skipped allele.
EXCLUDED = -1_000_000
# An allele whose ungapped score is more than this below the highest is not aligned with gaps.
GAPPED_SLACK = 12


@leaf
def ungapped_run(read: U8, search_start: int, segments: Segments, position: int, allele: int) -> tuple[int, int, int]:
    """Find the best run of one allele at one position.

    Args:
        read: codes of the read.
        search_start: first base of the read that may be aligned.
        segments: alleles of one kind.
        position: base of the read on which the allele's origin lies.
        allele: number of the allele.

    Returns:
        Score, first base of the read, base of the read after the last.
    """
    codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
    shift = position - segments.origin[allele]
    first = max(0, search_start - shift)
    last = max(first, min(len(codes), len(read) - shift))
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], VJ_COST)
    return score, first + shift + run_first, first + shift + run_last


@leaf
def score_alleles(
    read: U8,
    segments: Segments,
    group: int,
    position: int,
    search_start: int,
    min_score: float,
    scores: I64,
    members: Members,
) -> tuple[int, int]:
    """Score every allele of a group by its best run at one position.

    The allele with the most matches over the whole overlap is aligned first. The others are aligned only if they match
    the read nearly as well over the run of that first allele. If the first allele has less than half of `min_score`, no
    allele is scored.

    Args:
        read: codes of the read.
        segments: alleles of one kind.
        group: number of the group.
        position: base of the read on which the origins of the group lie.
        search_start: first base of the read that may be aligned.
        min_score: smallest score that the caller accepts.
        scores: output for the alleles of the group, shape (alleles,): score, or 0 for skipped alleles.
        members: scratch.

    Returns:
        The highest score and the first allele with it; 0 and -1 if no allele is scored.
    """
    start, end = segments.groups[group]["first"], segments.groups[group]["end"]
    top = score_overlap(read, search_start, segments, group, position, members)
    overlap_scores, run_scores = members.overlap_scores, members.run_scores
    min_overlap_score = overlap_scores[top] - OVERLAP_SLACK
    for allele in range(start, end):
        scores[allele] = 0
    score, first, last = ungapped_run(read, search_start, segments, position, start + top)
    if 2 * score < min_score:
        return 0, -1
    highest = score_within_run(read, search_start, first, last, segments, group, position, min_overlap_score, members)
    best = 0
    best_allele = -1
    for member in range(end - start):
        if run_scores[member] >= highest - RUN_SLACK:
            allele = start + member
            scores[allele] = score if member == top else ungapped_run(read, search_start, segments, position, allele)[0]
            if scores[allele] > best:
                best = scores[allele]
                best_allele = allele
    return best, best_allele


@inlined
def score_within_run(
    read: U8,
    search_start: int,
    first: int,
    last: int,
    segments: Segments,
    group: int,
    position: int,
    min_overlap_score: int,
    members: Members,
) -> int:
    """Score every allele of a group over the bases ``first:last`` of the read: matches - mismatches, N a mismatch.

    Matches there are the matches over the whole overlap minus those before `first` and after `last`, because these
    stretches are usually shorter.

    Args:
        read: codes of the read.
        search_start: first base of the read that may be aligned.
        first: first base to score.
        last: base after the last to score.
        segments: alleles of one kind.
        group: number of the group.
        position: base of the read on which the origins of the group lie.
        min_overlap_score: alleles with a smaller overlap score get the score `EXCLUDED`.
        members: `run_scores` is the output; `matches` and `overlap_scores` come from `score_overlap`, and `matches` is
            overwritten.

    Returns:
        The highest score.
    """
    start, end = segments.groups[group]["first"], segments.groups[group]["end"]
    matches, run_scores, overlap_scores = (
        members.matches[: end - start],
        members.run_scores[: end - start],
        members.overlap_scores,
    )
    for side in range(2):
        stretch_start, stretch_end = (last, len(read)) if side else (search_start, first)
        if stretch_start < stretch_end:
            count_profile(
                read,
                stretch_start,
                stretch_end,
                segments.groups[group],
                segments.profile,
                position,
                members.byte_counts,
                members.run_scores,
            )
            for member in range(len(matches)):
                matches[member] -= run_scores[member]
    origin = segments.origin[start:end]
    tails = segments.offsets[start + 1 : end + 1]
    heads = segments.offsets[start:end]
    highest = EXCLUDED
    for member in range(len(matches)):
        head = position - origin[member]
        compared = min(last, head + tails[member] - heads[member]) - max(first, head)
        here = 2 * matches[member] - max(0, compared)
        run_scores[member] = here if overlap_scores[member] >= min_overlap_score else EXCLUDED
        highest = max(highest, run_scores[member])
    return highest


@inlined
def score_overlap(read: U8, search_start: int, segments: Segments, group: int, position: int, members: Members) -> int:
    """Score every allele of a group over its whole overlap with a read: 4 * matches - bases compared.

    Args:
        read: codes of the read.
        search_start: first base of the read that may be aligned.
        segments: alleles of one kind.
        group: number of the group.
        position: base of the read on which the origins of the group lie.
        members: outputs are `overlap_scores` and `matches`, one element for each member of the group.

    Returns:
        The first member with the highest score, counted from the first allele of the group.
    """
    last = len(read)
    count_profile(
        read,
        search_start,
        last,
        segments.groups[group],
        segments.profile,
        position,
        members.byte_counts,
        members.matches,
    )
    start, end = segments.groups[group]["first"], segments.groups[group]["end"]
    overlap_scores, matches = members.overlap_scores[: end - start], members.matches[: end - start]
    origin = segments.origin[start:end]
    tails = segments.offsets[start + 1 : end + 1]
    heads = segments.offsets[start:end]
    highest = EXCLUDED
    for member in range(len(overlap_scores)):
        head = position - origin[member]
        compared = min(last, head + tails[member] - heads[member]) - max(search_start, head)
        overlap_scores[member] = 4 * matches[member] - max(0, compared)
        highest = max(highest, overlap_scores[member])
    top = 0
    while overlap_scores[top] < highest:
        top += 1
    return top


@inlined
def score_alleles_gapped(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    position: int,
    operations: I32,
    scores: Scores,
    table: Table,
) -> tuple[int, int]:
    """Score with gaps the alleles of a group whose ungapped score is within `GAPPED_SLACK` of the highest.

    Args:
        read: codes of the read.
        start: first base that may be aligned.
        end: base after the last that may be aligned.
        segments: alleles of one kind.
        group: number of the group.
        position: base of the read on which the origins of the group lie in the ungapped alignment.
        operations: scratch for `align_banded`.
        scores: `last` holds the ungapped scores; `best` is the output: scores with gaps, 0 for skipped alleles.
        table: scratch for `align_banded`.

    Returns:
        The highest score and the first allele with it.
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
        shift = position - segments.origin[allele]
        gapped[allele] = align_banded(read, start, end, codes, shift, BAND, operations, table)[0]
        if gapped[allele] > best:
            best = gapped[allele]
            best_allele = allele
    return best, best_allele
