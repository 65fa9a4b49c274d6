"""The D segment: the best ungapped match between V and J, if it is better than chance."""

from __future__ import annotations

from typing import Any

from clonotrack.annotate.kernels.score_alleles import best_run, expected_by_chance, least_by_chance
from clonotrack.annotate.kernels.seeds import LAST_PLACE, PLACE_BITS, kmer_numbers, vote
from clonotrack.annotate.kernels.types import Bench, Germline, Limits, Segments, codes_of
from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I64, U8

# Shortest stretch between V and J in which a D is looked for.
SHORTEST_STRETCH = 5
# A diagonal is aligned if it has the k-mers of a match with so many mismatches that is good enough. (Where a mismatch
# costs 3 and a k-mer is 4 long, more mismatches take nothing away.)
MISMATCHES = 3


@leaf
def find_d(
    stretch: U8, segments: Segments, allowed: I64, cost: int, least: int, bench: Bench, scores: I64
) -> tuple[int, int, int, int, int]:
    """The best match of any allowed D inside a stretch of a read.

    Every diagonal with enough k-mers in common is aligned; `scores` tells which other alleles match as well.

    Args:
        stretch: codes between V and J.
        segments: the D alleles, each a group of its own with its first base as common coordinate.
        allowed: 1 for alleles that may be here.
        cost: of a mismatch, in matches.
        least: score that the caller accepts.
        bench: scratch.
        scores: written: best score of each allele.

    Returns:
        Score (0 for none), allele, first base of the match in the stretch, in the allele, and its length; among
        equals the first allele, and of its matches the one that was met first.
    """
    shift = segments.seeds.reach
    count = kmer_numbers(stretch, segments.seeds.k, bench.numbers)
    used = vote(bench.numbers, 1, count, segments.seeds, allowed, shift, bench.votes, bench.touched)
    for allele in range(len(scores)):
        scores[allele] = 0
    best = 0
    best_allele = -1
    best_start = 0
    best_germline = 0
    best_length = 0
    k = segments.seeds.k
    fewest = max(1, least + cost * MISMATCHES - (k - 1) * (MISMATCHES + 1))
    for t in range(used):
        allele = bench.touched[t] >> PLACE_BITS
        place = bench.touched[t] & LAST_PLACE
        votes = bench.votes[allele, place]
        bench.votes[allele, place] = 0
        if votes < fewest:
            continue
        at = place - shift
        codes = codes_of(segments, allele)
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
def settle_d(read: U8, germline: Germline, limits: Limits, cost: int, allowed: I64, bench: Bench, call: Any) -> None:
    """Find the D between V and J, and a second one behind it, else before it.

    METHOD: recombination deletes what is between, so the order of genes on the chromosome is kept: TRBD2 does not join
    a TRBJ1, and of two D the second is the later one.

    The scores of all alleles are in the bench's ``best``, of the second D in ``scores``.
    """
    before, behind = germline.v.order[call["v"]], germline.j.order[call["j"]]
    start, end = call["v_end"], call["j_start"]
    most = limits.max_d_expected * germline.first_d[call["j_group"]]
    allow_d(germline, call["j_group"], before, behind, allowed)
    expected, score, d, at, on_germline, length = find_likely_d(
        read, start, end, germline.d, allowed, cost, most, bench, bench.best
    )
    if d < 0:
        return
    call["d_expected"] = expected
    call["d"] = d
    call["d_score"] = score
    call["d_start"] = at
    call["d_end"] = at + length
    call["d_germline_start"] = on_germline
    call["d_germline_end"] = on_germline + length
    most *= germline.second_d[call["j_group"]]
    if most == 0.0:
        return
    allow_d(germline, call["j_group"], germline.d.order[d], behind, allowed)
    expected, score, d, at, on_germline, length = find_likely_d(
        read, call["d_end"], end, germline.d, allowed, cost, most, bench, bench.scores
    )
    if d < 0:
        allow_d(germline, call["j_group"], before, germline.d.order[call["d"]], allowed)
        expected, score, d, at, on_germline, length = find_likely_d(
            read, start, call["d_start"], germline.d, allowed, cost, most, bench, bench.scores
        )
        if d < 0:
            return
    call["d2_expected"] = expected
    call["d2"] = d
    call["d2_score"] = score
    call["d2_start"] = at
    call["d2_end"] = at + length
    call["d2_germline_start"] = on_germline
    call["d2_germline_end"] = on_germline + length
    if at < call["d_start"]:
        swap_d(bench, call)


@leaf
def allow_d(germline: Germline, group: int, before: int, behind: int, allowed: I64) -> None:
    """Mark the D of a J group that lie between two places of the chromosome."""
    for d in range(len(allowed)):
        allowed[d] = germline.has_d[group, d] * (before < germline.d.order[d]) * (germline.d.order[d] < behind)


@leaf
def find_likely_d(
    read: U8, start: int, end: int, segments: Segments, allowed: I64, cost: int, most: float, bench: Bench, scores: I64
) -> tuple[float, int, int, int, int, int]:
    """E-value and `find_d` in ``read[start:end]``; places are of the read, the D is -1 where chance is as good."""
    searched = allowed_bases(segments, allowed) * (end - start)
    least = least_by_chance(most, cost, searched)
    if end - start < max(SHORTEST_STRETCH, least):
        return 0.0, 0, -1, 0, 0, 0
    score, d, on_stretch, on_germline, length = find_d(read[start:end], segments, allowed, cost, least, bench, scores)
    if d < 0 or score < least:
        return 0.0, 0, -1, 0, 0, 0
    return expected_by_chance(score, cost, searched), score, d, start + on_stretch, on_germline, length


@leaf
def allowed_bases(segments: Segments, allowed: I64) -> int:
    """Bases of all D that may be there."""
    bases = 0
    for allele in range(len(allowed)):
        bases += allowed[allele] * (segments.offsets[allele + 1] - segments.offsets[allele])
    return bases


@leaf
def swap_d(bench: Bench, call: Any) -> None:
    """The D that was found first lies behind the one found now: it becomes the second."""
    call["d"], call["d2"] = call["d2"], call["d"]
    call["d_score"], call["d2_score"] = call["d2_score"], call["d_score"]
    call["d_expected"], call["d2_expected"] = call["d2_expected"], call["d_expected"]
    call["d_start"], call["d2_start"] = call["d2_start"], call["d_start"]
    call["d_end"], call["d2_end"] = call["d2_end"], call["d_end"]
    call["d_germline_start"], call["d2_germline_start"] = call["d2_germline_start"], call["d_germline_start"]
    call["d_germline_end"], call["d2_germline_end"] = call["d2_germline_end"], call["d_germline_end"]
    for allele in range(len(bench.best)):
        bench.best[allele], bench.scores[allele] = bench.scores[allele], bench.best[allele]
