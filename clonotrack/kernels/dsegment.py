"""The D segment: the best ungapped match between V and J, if it is better than chance."""

from __future__ import annotations

from typing import Any

from clonotrack.kernels.jit import njit
from clonotrack.kernels.seeds import kmer_numbers, vote
from clonotrack.kernels.segments import Germline, Limits, Segments, codes_of
from clonotrack.kernels.ungapped import best_run, expected_by_chance
from clonotrack.kernels.workspace import Bench
from clonotrack.sequence import I64, U8

# Shortest stretch between V and J in which a D is looked for.
SHORTEST_STRETCH = 5


@njit
def find_d(
    stretch: U8, segments: Segments, allowed: I64, cost: int, bench: Bench, scores: I64
) -> tuple[int, int, int, int, int]:
    """The best match of any allowed D inside a stretch of a read.

    Every diagonal that has a k-mer in common is aligned; `scores` tells which other alleles match as well.

    Args:
        stretch: codes between V and J.
        segments: the D alleles, each a group of its own with its first base as common coordinate.
        allowed: 1 for alleles that may be here.
        cost: of a mismatch, in matches.
        bench: scratch.
        scores: written: best score of each allele.

    Returns:
        Score (0 for none), allele, first base of the match in the stretch, in the allele, and its length; among
        equals the first allele, and of its matches the one that was met first.
    """
    places = bench.votes.shape[1]
    shift = segments.seeds.reach
    count = kmer_numbers(stretch, segments.seeds.k, bench.numbers)
    used = vote(bench.numbers, 0, count, segments.seeds, allowed, shift, bench.votes, bench.touched)
    for allele in range(len(scores)):
        scores[allele] = 0
    best = 0
    best_allele = -1
    best_start = 0
    best_germline = 0
    best_length = 0
    for t in range(used):
        allele = bench.touched[t] // places
        place = bench.touched[t] % places
        bench.votes[allele, place] = 0
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


@njit
def settle_d(read: U8, germline: Germline, limits: Limits, cost: int, allowed: I64, bench: Bench, call: Any) -> None:
    """Find the D between V and J, and a second one where the locus has two as a rule.

    The scores of all alleles are in the bench's ``best``, of the second D in ``scores``.
    """
    group = call["j_group"]
    bases = 0
    for d in range(len(germline.d.origin)):
        allowed[d] = germline.has_d[group, d] * (germline.d.cluster[d] <= germline.j.cluster[call["j"]])
        bases += allowed[d] * (germline.d.offsets[d + 1] - germline.d.offsets[d])
    if bases == 0:
        return
    first, last = call["v_end"], call["j_start"]
    beyond = limits.max_d_expected
    for turn in range(1 + germline.second_d[group]):
        for side in range(1 + turn):
            start, end = first, last
            if turn == 1 and side == 0:
                start = call["d_end"]
            elif turn == 1:
                end = call["d_start"]
            if end - start < SHORTEST_STRETCH:
                continue
            scores = bench.best if turn == 0 else bench.scores
            score, d, on_stretch, on_germline, length = find_d(
                read[start:end], germline.d, allowed, cost, bench, scores
            )
            if d < 0 or expected_by_chance(score, cost, bases * (end - start)) > beyond:
                continue
            if turn == 0 or side == 1:
                if turn == 1:
                    make_first_second(bench, call)
                call["d"] = d
                call["d_score"] = score
                call["d_start"] = start + on_stretch
                call["d_end"] = start + on_stretch + length
                call["d_germline_start"] = on_germline
                call["d_germline_end"] = on_germline + length
            else:
                call["d2"] = d
                call["d2_score"] = score
                call["d2_start"] = start + on_stretch
                call["d2_end"] = start + on_stretch + length
                call["d2_germline_start"] = on_germline
                call["d2_germline_end"] = on_germline + length
            break
        if call["d"] < 0:
            break


@njit
def make_first_second(bench: Bench, call: Any) -> None:
    """The D that was found first lies behind the one found now: it becomes the second."""
    call["d2"] = call["d"]
    call["d2_score"] = call["d_score"]
    call["d2_start"] = call["d_start"]
    call["d2_end"] = call["d_end"]
    call["d2_germline_start"] = call["d_germline_start"]
    call["d2_germline_end"] = call["d_germline_end"]
    for allele in range(len(bench.best)):
        bench.best[allele], bench.scores[allele] = bench.scores[allele], bench.best[allele]
