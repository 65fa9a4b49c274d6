"""The V and the J of each read: the pair on one strand, V before J, with the highest sum of ungapped scores.

k-mers of both strands vote for (V group, place); the best few candidates are aligned to every allele of their group
(where none is a V, those of shorter k-mers).
Behind each, on the same strand, the J is found the same way among the groups that recombine with that V.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.call import CALL
from clonotrack.kernels.jit import leaf, njit
from clonotrack.kernels.jsegment import find_j
from clonotrack.kernels.placement import score_alleles, ungapped_run
from clonotrack.kernels.seeds import Seeds, elect, kmer_numbers, vote
from clonotrack.kernels.segments import Germline, Limits, Segments, codes_of, group_of
from clonotrack.kernels.ungapped import count_matches
from clonotrack.kernels.workspace import Bench, append_ties, keep_group, longest, make_bench
from clonotrack.sequence import COMPLEMENT, I16, I64, U8

# Places of V looked at on each strand.
CANDIDATES = 3
LEAST_VOTES = 2
# k-mers are asked in turns: one in so many; all of them, unless the V then has a score that no chance match has; the
# short ones, where no V has the least score.
STRIDE, SURE, LEVELS = 4, 40, 3
# A candidate with this many times fewer votes than the best is looked at only if the better ones gave nothing.
MUCH_FEWER = 3
# A V whose score is this many times lower than another's is its shadow in a related gene.
MUCH_WEAKER = 2
# Places of a group nearer than this are one segment with an insertion or deletion.
APART = 20
# Bases that a J may take from a V that chance matches made too long.
V_OVERSHOOT = 12
# Share of substitutions of a V from which on more chance is allowed for the J, see `Limits.mutated_favour`.
MUTATED = 0.05


class Pairs(NamedTuple):
    """V and J of many reads.

    Attributes:
        calls: shape (reads,), dtype `CALL`; the fields of the pair are written.
        oriented: codes of the reads, on the strand of the rearrangement, same offsets as the reads.
        ties: alleles that explain a read equally well, V and J of each read in turn.
        tie_offsets: shape (2 reads + 1,).
    """

    calls: NDArray[Any]
    oriented: U8
    ties: I16
    tie_offsets: I64


@njit
def find_pairs(codes: U8, offsets: I64, germline: Germline, limits: Limits) -> Pairs:
    """Find the V and J of reads.

    Args:
        codes: bases of the reads, one after the other.
        offsets: shape (reads + 1,).
        germline: the reference.
        limits: what is accepted.
    """
    reads = len(offsets) - 1
    calls = np.zeros(reads, dtype=CALL)
    found = np.zeros(1, dtype=CALL)
    oriented = np.empty(len(codes), dtype=np.uint8)
    ties = np.empty(16 * reads + 16, dtype=np.int16)
    tie_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    most = longest(offsets)
    v_bench = make_bench(most, germline.v, CANDIDATES)
    j_bench = make_bench(most, germline.j, CANDIDATES)
    j_kept = np.zeros(len(germline.j.origin), dtype=np.int64)
    all_groups = np.ones(len(germline.v.group_offsets), dtype=np.int64)
    elected = np.zeros((2 * CANDIDATES, 4), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    used = 0
    nothing = min(0, reads)  # a number that numba does not compile a variant of its own for, as it does for 0
    for i in range(reads):
        forward = codes[offsets[i] : offsets[i + 1]]
        other = backward[: len(forward)]
        for b in range(len(forward)):
            other[len(forward) - 1 - b] = COMPLEMENT[forward[b]]
        call = calls[i]
        call["v"] = -1
        call["j"] = -1
        best = 0
        best_v = 0
        most_votes = 0
        level = 0
        turn = 0
        taken = elect_v(forward, other, germline.v.seeds, STRIDE, v_bench, all_groups, elected)
        while True:
            if turn == taken or (best > 0 and elected[turn, 2] * MUCH_FEWER < most_votes):
                if (level == 0 and best > 0 and call["v_score"] >= SURE) or (
                    level == 1 and best_v >= limits.min_v_score
                ):
                    break
                level += 1
                if level == LEVELS:
                    break
                turn = 0
                most_votes = 0
                seeds = germline.v.seeds if level == 1 else germline.v_deep
                taken = elect_v(forward, other, seeds, 1, v_bench, all_groups, elected)
                continue
            strand = elected[turn, 3]
            most_votes = max(most_votes, elected[turn, 2])
            read = other if strand else forward
            group = elected[turn, 0]
            place = elected[turn, 1]
            turn += 1
            v_score, allele = score_alleles(read, germline.v, group, place, nothing, limits.min_v_score, v_bench)
            best_v = max(best_v, v_score)
            if v_score < limits.min_v_score or v_score * MUCH_WEAKER < best_v:
                continue
            _, v_start, v_end = ungapped_run(read, nothing, germline.v, place, allele)
            earliest = max(0, v_end - V_OVERSHOOT)
            expected = limits.max_j_expected
            if is_mutated(read, germline.v, allele, place, v_start, v_end, v_score):
                expected *= limits.mutated_favour
            groups = germline.joins[group]
            j_score = find_j(read, earliest, groups, germline.j, limits.min_j_score, expected, j_bench, found[0])
            if j_score == 0 or v_score + j_score <= best:
                continue
            best = v_score + j_score
            call["reversed"] = strand
            call["v"] = allele
            call["v_group"] = group
            call["v_place"] = place
            call["v_score"] = v_score
            call["j"] = found[0]["j"]
            call["j_group"] = found[0]["j_group"]
            call["j_place"] = found[0]["j_place"]
            call["j_expected"] = found[0]["j_expected"]
            call["j_score"] = j_score
            call["earliest_j"] = earliest
            start, end = group_of(germline.v, group)
            keep_group(v_bench.best, v_bench.scores, start, end)
            start, end = group_of(germline.j, call["j_group"])
            keep_group(j_kept, j_bench.best, start, end)
        read = other if call["reversed"] else forward
        for b in range(len(read)):
            oriented[offsets[i] + b] = read[b]
        if best > 0:
            start, end = group_of(germline.v, call["v_group"])
            ties, used = append_ties(ties, used, v_bench.best, start, end)
        tie_offsets[2 * i + 1] = used
        if best > 0:
            start, end = group_of(germline.j, call["j_group"])
            ties, used = append_ties(ties, used, j_kept, start, end)
        tie_offsets[2 * i + 2] = used
    return Pairs(calls, oriented, ties[:used], tie_offsets)


@leaf
def is_mutated(read: U8, segments: Segments, allele: int, place: int, start: int, end: int, score: int) -> bool:
    """Whether more than `MUTATED` of the known bases of a run of this score differ from the allele."""
    shift = place - segments.origin[allele]
    matches = count_matches(read[start:end], codes_of(segments, allele)[start - shift : end - shift])
    return matches - score > MUTATED * (2 * matches - score)


@leaf
def elect_v(forward: U8, backward: U8, seeds: Seeds, step: int, bench: Bench, groups: I64, elected: I64) -> int:
    """The places of V with most votes on both strands.

    Args:
        forward: the read.
        backward: its reverse complement.
        seeds: the index.
        step: every so many k-mers one votes.
        bench: scratch.
        groups: ones, for all V groups.
        elected: written: group, place, votes, strand; most votes first, among equals the read's own strand.

    Returns:
        How many were written.
    """
    taken = 0
    for strand in range(2):
        read = backward if strand else forward
        count = kmer_numbers(read, seeds.k, bench.numbers)
        used = vote(bench.numbers, step, count, seeds, groups, seeds.reach, bench.votes, bench.touched)
        found = elect(bench.votes, bench.touched, used, LEAST_VOTES, APART, bench.elected)
        for candidate in range(found):
            at = taken
            while at > 0 and elected[at - 1, 2] < bench.elected[candidate, 2]:
                for field in range(4):
                    elected[at, field] = elected[at - 1, field]
                at -= 1
            elected[at, 0] = bench.elected[candidate, 0]
            elected[at, 1] = bench.elected[candidate, 1] - seeds.reach
            elected[at, 2] = bench.elected[candidate, 2]
            elected[at, 3] = strand
            taken += 1
    return taken
