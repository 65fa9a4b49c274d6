"""The D segment: the best ungapped match between V and J, if it is better than chance."""

from __future__ import annotations

import math

from clonotrack.kernels.jit import njit
from clonotrack.kernels.seeds import kmer_numbers, vote
from clonotrack.kernels.segments import Segments, codes_of
from clonotrack.kernels.ungapped import best_run
from clonotrack.kernels.workspace import Bench
from clonotrack.sequence import I64, U8

# METHOD: Karlin-Altschul parameters of 1/-1, 1/-2 and 1/-3 without gaps (Altschul 1997, NAR 25:3389; blastn).
LAMBDA = (1.0986, 1.33, 1.374)
K = (0.333, 0.621, 0.711)


@njit
def expected_by_chance(score: int, cost: int, searched: int) -> float:
    """Matches of at least this score that random sequence has (E-value).

    Args:
        score: of `best_run`.
        cost: of a mismatch, 1 to 3.
        searched: length of the read's stretch times length of all alleles.
    """
    return K[cost - 1] * searched * math.exp(-LAMBDA[cost - 1] * score)


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
