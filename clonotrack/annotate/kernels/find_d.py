"""Find the D between V and J: the best ungapped match whose E-value is small enough."""

from __future__ import annotations

from typing import Any

from clonotrack.annotate.kernels.score_alleles import best_run, match_evalue, min_significant_score
from clonotrack.annotate.kernels.seeds import POSITION_BITS, POSITION_MASK, Seeds, kmer_numbers, vote
from clonotrack.annotate.kernels.types import EVERY_KMER, Scores, Segments, Votes
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8

# Shortest stretch between V and J that is searched for a D [nt].
MIN_STRETCH = 5
# A diagonal is aligned if it shares as many k-mers as a match with the smallest accepted score and this many
# mismatches. (If a mismatch costs 3 and k is 4, a further mismatch with the 3 matches that it costs removes no k-mer.)
MAX_KMER_MISMATCHES = 3


@inlined
def find_d(
    stretch: U8, segments: Segments, seeds: Seeds, allowed: I64, cost: int, min_score: int, votes: Votes, scores: I64
) -> tuple[int, int, int, int, int]:
    """Find the best match of any allowed D within a stretch of a read.

    Every diagonal with enough shared k-mers is aligned.

    Args:
        stretch: codes between V and J.
        segments: D alleles; each is a group, with its first base as origin.
        seeds: k-mer index of the D.
        allowed: 1 for D that may be called, else 0; shape (D alleles,).
        cost: cost of a mismatch (matches).
        min_score: smallest score that the caller accepts.
        votes: scratch.
        scores: output: best score of each D, shape (D alleles,); equal scores are ties.

    Returns:
        Score (0 if there is no match), D, first base of the match in the stretch, first base in the D, length [nt]. Of
        D with equal scores the first is returned; of its matches, the one whose diagonal got the first vote.
    """
    offset = seeds.reach
    count = kmer_numbers(stretch, seeds.k, votes.numbers)
    used = vote(votes.numbers, EVERY_KMER, count, seeds, allowed, offset, votes.counts, votes.touched)
    for allele in range(len(scores)):
        scores[allele] = 0
    best = 0
    best_allele = -1
    best_start = 0
    best_germline = 0
    best_length = 0
    k = seeds.k
    min_kmers = max(1, min_score + cost * MAX_KMER_MISMATCHES - (k - 1) * (MAX_KMER_MISMATCHES + 1))
    for t in range(used):
        allele = votes.touched[t] >> POSITION_BITS
        position = votes.touched[t] & POSITION_MASK
        shared_kmers = votes.counts[allele, position]
        votes.counts[allele, position] = 0
        if shared_kmers < min_kmers:
            continue
        diagonal = position - offset
        codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
        first, last = max(0, -diagonal), min(len(codes), len(stretch) - diagonal)
        score, run_first, run_last = best_run(stretch[first + diagonal : last + diagonal], codes[first:last], cost)
        scores[allele] = max(scores[allele], score)
        if score > best or (score == best and allele < best_allele):
            best = score
            best_allele = allele
            best_start = first + diagonal + run_first
            best_germline = first + run_first
            best_length = run_last - run_first
    return best, best_allele, best_start, best_germline, best_length


@leaf
def call_d(
    read: U8,
    segments: Segments,
    seeds: Seeds,
    d_joins_j: I64,
    min_order: int,
    max_order: int,
    max_evalue: float,
    max_second_evalue: float,
    cost: int,
    allowed: I64,
    scores: Scores,
    votes: Votes,
    call: Any,
) -> None:
    """Call the D between V and J, and a second D after it, or otherwise before it.

    METHOD: recombination deletes what lies between the joined segments, so genes keep their order on the chromosome.
    TRBD2 never joins a TRBJ1, and the second of two D lies downstream of the first on the chromosome.

    Args:
        read: codes of the read, on the strand of the rearrangement.
        segments: D alleles.
        seeds: k-mer index of the D.
        d_joins_j: 1 for D that may lie before a J of the J's group, shape (D alleles,).
        min_order: `order` of the V (`ALLELE`); a D has a higher one.
        max_order: `order` of the J; a D has a lower one.
        max_evalue: largest accepted E-value of the first D, before calibration.
        max_second_evalue: largest accepted E-value of the second D, before calibration; 0 allows no second D.
        cost: cost of a mismatch (matches), 1 to 3.
        allowed: scratch, shape (D alleles,).
        scores: output: `best` holds the scores of the first D, `last` those of the second.
        votes: scratch.
        call: contains the ends of V and J; the fields of both D are written.
    """
    start, end, low, high = call["v_end"], call["j_start"], min_order, max_order
    round_scores, round_max_evalue, order = scores.best, max_evalue, min_order
    for turn in range(3):  # first D; second D after it; second D before it
        if turn == 1:
            start, low = call["d_end"], order
        elif turn == 2:
            start, end, low, high = call["v_end"], call["d_start"], min_order, order
        evalue, score, d, on_read, on_germline, length = find_significant_d(
            read,
            start,
            end,
            segments,
            seeds,
            d_joins_j,
            low,
            high,
            cost,
            round_max_evalue,
            allowed,
            votes,
            round_scores,
        )
        if turn == 0:
            if d < 0:
                return
            call["d"], call["d_score"], call["d_evalue"] = d, score, evalue
            call["d_start"], call["d_end"] = on_read, on_read + length
            call["d_germline_start"], call["d_germline_end"] = on_germline, on_germline + length
            if max_second_evalue == 0.0:
                return
            round_scores, round_max_evalue, order = scores.last, max_second_evalue, segments.alleles[d]["order"]
        elif d >= 0:
            call["d2"], call["d2_score"], call["d2_evalue"] = d, score, evalue
            call["d2_start"], call["d2_end"] = on_read, on_read + length
            call["d2_germline_start"], call["d2_germline_end"] = on_germline, on_germline + length
            if turn == 2:
                call["d"], call["d2"] = call["d2"], call["d"]
                call["d_score"], call["d2_score"] = call["d2_score"], call["d_score"]
                call["d_evalue"], call["d2_evalue"] = call["d2_evalue"], call["d_evalue"]
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
def mark_allowed_d(segments: Segments, d_joins_j: I64, min_order: int, max_order: int, allowed: I64) -> int:
    """Mark the D that may be called between two genes of the chromosome.

    Args:
        segments: D alleles.
        d_joins_j: 1 for D that may lie before a J of the J's group, shape (D alleles,).
        min_order: `order` (`ALLELE`) of the upstream gene.
        max_order: `order` of the downstream gene.
        allowed: output: 1 or 0 for each D, shape (D alleles,).

    Returns:
        The number of bases of the allowed D.
    """
    bases = 0
    for d in range(len(allowed)):
        order = segments.alleles[d]["order"]
        allowed[d] = d_joins_j[d] * (min_order < order) * (order < max_order)
        bases += allowed[d] * (segments.offsets[d + 1] - segments.offsets[d])
    return bases


@inlined
def find_significant_d(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    seeds: Seeds,
    d_joins_j: I64,
    min_order: int,
    max_order: int,
    cost: int,
    max_evalue: float,
    allowed: I64,
    votes: Votes,
    scores: I64,
) -> tuple[float, int, int, int, int, int]:
    """Find the best D in ``read[start:end]`` and check its E-value; see `call_d` for the other arguments.

    Returns:
        E-value before calibration, and the result of `find_d` with the first base of the match on the read. The D is -1
        if no D has an accepted E-value.
    """
    searched = mark_allowed_d(segments, d_joins_j, min_order, max_order, allowed) * (end - start)
    min_score = min_significant_score(max_evalue, cost, searched)
    if end - start < max(MIN_STRETCH, min_score):
        return 0.0, 0, -1, 0, 0, 0
    score, d, on_stretch, on_germline, length = find_d(
        read[start:end], segments, seeds, allowed, cost, min_score, votes, scores
    )
    if d < 0 or score < min_score:
        return 0.0, 0, -1, 0, 0, 0
    return match_evalue(score, cost, searched), score, d, start + on_stretch, on_germline, length
