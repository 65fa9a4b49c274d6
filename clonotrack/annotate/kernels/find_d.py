"""The D segment: the best ungapped match between V and J, if it is better than chance."""

from __future__ import annotations

from typing import Any

from clonotrack.annotate.kernels.score_alleles import best_run, expected_by_chance, least_by_chance
from clonotrack.annotate.kernels.seeds import LAST_PLACE, PLACE_BITS, Seeds, kmer_numbers, vote
from clonotrack.annotate.kernels.types import ALL, Scores, Segments, Votes
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8

# Shortest stretch between V and J in which a D is looked for.
SHORTEST_STRETCH = 5
# A diagonal is aligned if it has the k-mers of a match with so many mismatches that is good enough. (Where a mismatch
# costs 3 and a k-mer is 4 long, more mismatches take nothing away.)
MISMATCHES = 3


@inlined
def find_d(
    stretch: U8, segments: Segments, seeds: Seeds, allowed: I64, cost: int, least: int, votes: Votes, scores: I64
) -> tuple[int, int, int, int, int]:
    """The best match of any allowed D inside a stretch of a read.

    Every diagonal with enough k-mers in common is aligned; `scores` tells which other alleles match as well.

    Args:
        stretch: codes between V and J.
        segments: the D alleles, each a group of its own with its first base as common coordinate.
        seeds: their index.
        allowed: 1 for alleles that may be here.
        cost: of a mismatch, in matches.
        least: score that the caller accepts.
        votes: scratch.
        scores: written: best score of each allele.

    Returns:
        Score (0 for none), allele, first base of the match in the stretch, in the allele, and its length; among
        equals the first allele, and of its matches the one that was met first.
    """
    shift = seeds.reach
    count = kmer_numbers(stretch, seeds.k, votes.numbers)
    used = vote(votes.numbers, ALL, count, seeds, allowed, shift, votes.counts, votes.touched)
    for allele in range(len(scores)):
        scores[allele] = 0
    best = 0
    best_allele = -1
    best_start = 0
    best_germline = 0
    best_length = 0
    k = seeds.k
    fewest = max(1, least + cost * MISMATCHES - (k - 1) * (MISMATCHES + 1))
    for t in range(used):
        allele = votes.touched[t] >> PLACE_BITS
        place = votes.touched[t] & LAST_PLACE
        shared = votes.counts[allele, place]
        votes.counts[allele, place] = 0
        if shared < fewest:
            continue
        at = place - shift
        codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
        first, last = max(0, -at), min(len(codes), len(stretch) - at)
        score, run_first, run_last = best_run(stretch[first + at : last + at], codes[first:last], cost)
        scores[allele] = max(scores[allele], score)
        if score > best or (score == best and allele < best_allele):
            best = score
            best_allele = allele
            best_start = first + at + run_first
            best_germline = first + run_first
            best_length = run_last - run_first
    return best, best_allele, best_start, best_germline, best_length


@leaf
def settle_d(
    read: U8,
    segments: Segments,
    seeds: Seeds,
    has_d: I64,
    before: int,
    behind: int,
    most: float,
    most_second: float,
    cost: int,
    allowed: I64,
    scores: Scores,
    votes: Votes,
    call: Any,
) -> None:
    """Find the D between V and J, and a second one after it, otherwise before it.

    METHOD: recombination deletes what is between, so the order of genes on the chromosome is kept: TRBD2 does not join
    a TRBJ1, and of two D the second is the later one.

    Args:
        read: codes of the read.
        segments: the D alleles.
        seeds: their index.
        has_d: 1 for D that may be before a J of the group, shape (D alleles,).
        before: place of the V on the chromosome.
        behind: place of the J on the chromosome.
        most: the most matches as good that chance may have (E-value).
        most_second: the same for the second D; 0 if there may be none.
        cost: of a mismatch, in matches.
        allowed: scratch, shape (D alleles,).
        scores: written: ``best`` for the first D, ``last`` for the second.
        votes: scratch.
        call: written.
    """
    start, end, low, high = call["v_end"], call["j_start"], before, behind
    into, most_here, order = scores.best, most, before
    for turn in range(3):  # the first D; a second one after it; a second one before it
        if turn == 1:
            start, low = call["d_end"], order
        elif turn == 2:
            start, end, low, high = call["v_end"], call["d_start"], before, order
        expected, score, d, at, on_germline, length = find_likely_d(
            read, start, end, segments, seeds, has_d, low, high, cost, most_here, allowed, votes, into
        )
        if turn == 0:
            if d < 0:
                return
            call["d"], call["d_score"], call["d_expected"] = d, score, expected
            call["d_start"], call["d_end"] = at, at + length
            call["d_germline_start"], call["d_germline_end"] = on_germline, on_germline + length
            if most_second == 0.0:
                return
            into, most_here, order = scores.last, most_second, segments.alleles[d]["order"]
        elif d >= 0:
            call["d2"], call["d2_score"], call["d2_expected"] = d, score, expected
            call["d2_start"], call["d2_end"] = at, at + length
            call["d2_germline_start"], call["d2_germline_end"] = on_germline, on_germline + length
            if turn == 2:
                call["d"], call["d2"] = call["d2"], call["d"]
                call["d_score"], call["d2_score"] = call["d2_score"], call["d_score"]
                call["d_expected"], call["d2_expected"] = call["d2_expected"], call["d_expected"]
                call["d_start"], call["d2_start"] = call["d2_start"], call["d_start"]
                call["d_end"], call["d2_end"] = call["d2_end"], call["d_end"]
                call["d_germline_start"], call["d2_germline_start"] = (
                    call["d2_germline_start"],
                    call["d_germline_start"],
                )
                call["d_germline_end"], call["d2_germline_end"] = call["d2_germline_end"], call["d_germline_end"]
                for allele in range(len(scores.best)):
                    scores.best[allele], scores.last[allele] = scores.last[allele], scores.best[allele]
            return


@inlined
def allow_d(segments: Segments, has_d: I64, before: int, behind: int, allowed: I64) -> int:
    """Mark the D of a J group that lie between two places of the chromosome, and count their bases.

    Args:
        segments: the D alleles.
        has_d: 1 for those that may be before a J of the group.
        before: the place before them.
        behind: the place behind them.
        allowed: written: 1 or 0 for each allele.
    """
    bases = 0
    for d in range(len(allowed)):
        order = segments.alleles[d]["order"]
        allowed[d] = has_d[d] * (before < order) * (order < behind)
        bases += allowed[d] * (segments.offsets[d + 1] - segments.offsets[d])
    return bases


@inlined
def find_likely_d(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    seeds: Seeds,
    has_d: I64,
    before: int,
    behind: int,
    cost: int,
    most: float,
    allowed: I64,
    votes: Votes,
    scores: I64,
) -> tuple[float, int, int, int, int, int]:
    """Find the best D in ``read[start:end]`` that is better than chance; for the arguments see `settle_d`.

    Returns:
        E-value and what `find_d` returns, with places on the read; the D is -1 if chance is as good.
    """
    searched = allow_d(segments, has_d, before, behind, allowed) * (end - start)
    least = least_by_chance(most, cost, searched)
    if end - start < max(SHORTEST_STRETCH, least):
        return 0.0, 0, -1, 0, 0, 0
    score, d, on_stretch, on_germline, length = find_d(
        read[start:end], segments, seeds, allowed, cost, least, votes, scores
    )
    if d < 0 or score < least:
        return 0.0, 0, -1, 0, 0, 0
    return expected_by_chance(score, cost, searched), score, d, start + on_stretch, on_germline, length
