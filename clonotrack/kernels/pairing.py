"""The V and the J of a read: the pair on one strand, V before J, with the highest sum of ungapped scores."""

from __future__ import annotations

from typing import Any

from clonotrack.kernels.dsegment import expected_by_chance
from clonotrack.kernels.jit import njit
from clonotrack.kernels.placement import score_alleles, ungapped_span
from clonotrack.kernels.seeds import elect, kmer_numbers, vote
from clonotrack.kernels.segments import Germline, Limits, Segments
from clonotrack.kernels.workspace import Workspace
from clonotrack.sequence import I64, U8

# Places of V looked at on each strand, and of J behind each V.
CANDIDATES = 3
LEAST_V_VOTES = 2
LEAST_J_VOTES = 1
# A candidate with this many times fewer votes than the best is looked at only if the better ones gave nothing.
MUCH_FEWER = 3
# Places of a group nearer than this are one segment with an insertion or deletion.
APART = 20
# Bases that a J may take from a V that chance matches made too long.
V_OVERSHOOT = 12


@njit
def elect_v(read: U8, germline: Germline, work: Workspace, everything: I64, elected: I64) -> int:
    """The places of V with most votes on one strand, best first; see `elect`."""
    count = kmer_numbers(read, germline.v_seeds.k[0], work.v_numbers)
    shift = germline.v_seeds.reach[0]
    used = vote(work.v_numbers, 0, count, germline.v_seeds, everything, shift, work.v_votes, work.v_touched)
    taken = elect(work.v_votes, work.v_touched, used, LEAST_V_VOTES, APART, elected)
    elected[:taken, 1] -= shift
    return taken


@njit
def find_j(read: U8, earliest: int, groups: I64, germline: Germline, limits: Limits, work: Workspace, call: Any) -> int:
    """The J from base `earliest` on; writes its group, place, allele and score into `call`, scores of ties too.

    METHOD: of two J segments one behind the other the first is the rearranged one; the other is germline that
    follows it on the chromosome, and may well have the higher score.

    Args:
        read: codes of the read, whose k-mers are in ``work.j_numbers``.
        earliest: first base that may be J.
        groups: 1 for the J groups that are looked for.
        germline: the reference.
        limits: what is accepted.
        work: scratch; ``j_candidate`` holds the scores of all alleles of the J's group afterwards.
        call: written.

    Returns:
        Its score; 0 where none is accepted.
    """
    shift = germline.j_seeds.reach[0]
    count = max(0, len(read) - germline.j_seeds.k[0] + 1)
    used = vote(work.j_numbers, earliest, count, germline.j_seeds, groups, shift, work.j_votes, work.j_touched)
    taken = elect(work.j_votes, work.j_touched, used, LEAST_J_VOTES, APART // 2, work.j_elected)
    searched = (len(read) - earliest) * bases_of(germline.j, groups)
    best = 0
    best_start, best_end = 0, 0
    for candidate in range(taken):
        group = work.j_elected[candidate, 0]
        place = work.j_elected[candidate, 1] - shift
        score, allele = score_alleles(read, germline.j, group, place, earliest, work.j_rough, work.j_scores)
        if score < limits.min_j_score or expected_by_chance(score, 1, searched) > limits.max_j_expected:
            continue
        start, end = ungapped_span(read, earliest, germline.j, place, allele)
        if end <= best_start or (score > best and start < best_end) or best == 0:
            best, best_start, best_end = score, start, end
            call["j_group"], call["j_place"], call["j"], call["j_score"] = group, place, allele, score
            work.j_candidate[:] = 0
            first, last = germline.j.group_offsets[group], germline.j.group_offsets[group + 1]
            work.j_candidate[first:last] = work.j_scores[first:last]
    return best


@njit
def bases_of(segments: Segments, groups: I64) -> int:
    """Bases of all alleles of the groups that are looked for."""
    bases = 0
    for group in range(len(groups)):
        first, last = segments.group_offsets[group], segments.group_offsets[group + 1]
        bases += groups[group] * (segments.offsets[last] - segments.offsets[first])
    return bases


@njit
def find_pair(
    forward: U8,
    backward: U8,
    germline: Germline,
    limits: Limits,
    work: Workspace,
    everything: I64,
    elected: I64,
    found: Any,
    call: Any,
) -> int:
    """The V and J of a read, on whichever strand.

    Args:
        forward: the read.
        backward: its reverse complement.
        germline: the reference.
        limits: what is accepted.
        work: scratch; ``v_best`` and ``j_best`` hold the scores of all alleles of the pair's groups afterwards.
        everything: ones, shape (V groups,).
        elected: scratch, shape (2, `CANDIDATES`, 3).
        found: scratch, like `call`.
        call: written: strand, groups, places, alleles, scores.

    Returns:
        Sum of both scores, 0 where there is no pair.
    """
    taken_forward = elect_v(forward, germline, work, everything, elected[0])
    taken_backward = elect_v(backward, germline, work, everything, elected[1])
    best = 0
    next_forward = 0
    next_backward = 0
    most_votes = 0
    numbered = -1
    while next_forward < taken_forward or next_backward < taken_backward:
        votes_forward = elected[0, next_forward, 2] if next_forward < taken_forward else 0
        votes_backward = elected[1, next_backward, 2] if next_backward < taken_backward else 0
        strand = 0 if votes_forward >= votes_backward else 1
        votes = max(votes_forward, votes_backward)
        most_votes = max(most_votes, votes)
        if best > 0 and votes * MUCH_FEWER < most_votes:
            break
        candidate = next_backward if strand else next_forward
        if strand:
            next_backward += 1
        else:
            next_forward += 1
        read = backward if strand else forward
        group = elected[strand, candidate, 0]
        place = elected[strand, candidate, 1]
        v_score, allele = score_alleles(read, germline.v, group, place, 0, work.v_rough, work.v_scores)
        if v_score < limits.min_v_score:
            continue
        if numbered != strand:
            kmer_numbers(read, germline.j_seeds.k[0], work.j_numbers)
            numbered = strand
        earliest = max(0, ungapped_span(read, 0, germline.v, place, allele)[1] - V_OVERSHOOT)
        j_score = find_j(read, earliest, germline.joins[group], germline, limits, work, found)
        if j_score == 0 or v_score + j_score <= best:
            continue
        best = v_score + j_score
        call["reversed"] = strand
        call["v_group"] = group
        call["v_place"] = place
        call["v"] = allele
        call["v_score"] = v_score
        call["earliest_j"] = earliest
        call["j_group"] = found["j_group"]
        call["j_place"] = found["j_place"]
        call["j"] = found["j"]
        call["j_score"] = found["j_score"]
        work.v_best[:] = 0
        start, end = germline.v.group_offsets[group], germline.v.group_offsets[group + 1]
        work.v_best[start:end] = work.v_scores[start:end]
        work.j_best[:] = work.j_candidate
    return best
