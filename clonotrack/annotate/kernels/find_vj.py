"""Find V and J of each read: the pair with the highest sum of ungapped scores, V before J on one strand.

k-mers of both strands propose candidates (V group, position). Every allele of a candidate's group is scored. Downstream
of each good V, on the same strand, the J is found the same way among the groups that recombine with this V.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.score_alleles import (
    count_matches,
    match_evalue,
    score_alleles,
    ungapped_run,
)
from clonotrack.annotate.kernels.seeds import Seeds, kmer_numbers, select_candidates, vote
from clonotrack.annotate.kernels.types import (
    CALL,
    EVERY_KMER,
    FIRST,
    Germline,
    Limits,
    Members,
    Scores,
    Segments,
    Votes,
    append_ties,
    longest,
    make_scores,
    make_scratch,
)
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import COMPLEMENT, I16, I64, U8

MIN_J_VOTES = constant(1)
# Candidates of one J group that are closer than this [nt] are one segment with an insertion or deletion.
MIN_J_DISTANCE = constant(10)
# If k-mers propose no J, its first base is searched up to this distance from the first possible base [nt].
MAX_J_DISTANCE = 100
# METHOD: a run that ends with the read (usually at a primer) or with its allele (before the C gene or intron) has one
# possible end position instead of many. So its E-value is smaller: E = K m n exp(-lambda S) with m = 1 for a run that
# ends with the read, or n = number of alleles for a run that ends with its allele. Four classes of runs are tested, and
# the allowed E-value is divided among them (Bonferroni). Runs that end anywhere get 2/3 of it. Runs that end with the
# read, with the allele, or with both get 1/9 each. The factors are the reciprocals of these shares.
ANYWHERE_FACTOR, AT_END_FACTOR = 1.5, 9.0


@inlined
def find_j(
    read: U8,
    search_start: int,
    groups: I64,
    segments: Segments,
    seeds: Seeds,
    min_score: float,
    max_evalue: float,
    scores: Scores,
    votes: Votes,
    members: Members,
    call: Any,
) -> int:
    """Find the J in a read from base `search_start` on.

    k-mers propose positions. If none of them is accepted, all positions up to `MAX_J_DISTANCE` are tried.

    Args:
        read: codes of the read.
        search_start: first base that may belong to the J.
        groups: 1 for J groups to search, else 0; shape (J groups,).
        segments: J alleles.
        seeds: k-mer index of the J.
        min_score: smallest accepted score.
        max_evalue: largest accepted E-value, before calibration.
        scores: `best` holds the scores of the alleles of the J's group afterwards.
        votes: scratch.
        members: scratch.
        call: output, a record of dtype `CALL`: fields j, j_group, j_position, j_evalue.

    Returns:
        The score of the J; 0 if no J is accepted.
    """
    offset = seeds.reach
    count = kmer_numbers(read[search_start:], seeds.k, votes.numbers)
    used = vote(votes.numbers, EVERY_KMER, count, seeds, groups, offset + search_start, votes.counts, votes.touched)
    selected = select_candidates(votes.counts, votes.touched, used, MIN_J_VOTES, MIN_J_DISTANCE, votes.candidates)
    for candidate in range(selected):
        votes.candidates[candidate, 1] -= offset
    best = 0
    for exhaustive in range(2):
        if exhaustive:
            selected = propose_positions(read, search_start, groups, segments, votes.candidates)
        best = best_j(
            read,
            search_start,
            votes.candidates,
            selected,
            groups,
            segments,
            min_score,
            max_evalue,
            scores,
            members,
            call,
        )
        if best > 0:
            break
    return best


@inlined
def propose_positions(read: U8, search_start: int, groups: I64, segments: Segments, candidates: I64) -> int:
    """Propose the pairs (group, position) with the highest overlap score of any allele, over all positions.

    Args:
        read: codes of the read.
        search_start: first base that may belong to the J. The J may begin up to `MAX_J_DISTANCE` after it.
        groups: 1 for J groups to search, else 0; shape (J groups,).
        segments: J alleles.
        candidates: output, shape (largest number of candidates, 3): group, position, overlap score as in
            `score_overlap`; highest score first.

    Returns:
        The number of candidates.
    """
    selected = 0
    for group in range(len(groups)):
        if groups[group] == 0:
            continue
        start, end = segments.groups[group]["first"], segments.groups[group]["end"]
        for allele in range(start, end):
            codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
            for shift in range(search_start - len(codes) + 1, min(len(read), search_start + MAX_J_DISTANCE)):
                first = max(0, search_start - shift)
                last = max(first, min(len(codes), len(read) - shift))
                matches = count_matches(read[first + shift : last + shift], codes[first:last])
                score = 4 * matches - (last - first)
                if selected == len(candidates) and score <= candidates[selected - 1, 2]:
                    continue
                position = shift + segments.origin[allele]
                at = 0
                while at < selected and not (candidates[at, 0] == group and candidates[at, 1] == position):
                    at += 1
                if at == selected:
                    selected = min(selected + 1, len(candidates))
                    at = selected - 1
                elif candidates[at, 2] >= score:
                    continue
                while at > 0 and candidates[at - 1, 2] < score:
                    for field in range(3):
                        candidates[at, field] = candidates[at - 1, field]
                    at -= 1
                candidates[at, 0] = group
                candidates[at, 1] = position
                candidates[at, 2] = score
    return selected


@inlined
def best_j(
    read: U8,
    search_start: int,
    candidates: I64,
    selected: int,
    groups: I64,
    segments: Segments,
    min_score: float,
    max_evalue: float,
    scores: Scores,
    members: Members,
    call: Any,
) -> int:
    """Choose the J among candidates.

    METHOD: of two accepted J in a row the upstream one is rearranged. The other one is germline that follows it on the
    chromosome, and may score higher. So a later candidate replaces the chosen one if it ends before it, or if it
    overlaps it and scores higher.

    Args:
        read: codes of the read.
        search_start: first base that may belong to the J.
        candidates: group and position of each candidate, shape (at least `selected`, 3).
        selected: number of candidates.
        groups: 1 for J groups to search, else 0; shape (J groups,).
        segments: J alleles.
        min_score: smallest accepted score.
        max_evalue: largest accepted E-value, before calibration.
        scores: `best` holds the scores of the alleles of the J's group afterwards.
        members: scratch.
        call: output, see `find_j`.

    Returns:
        The score of the J; 0 if no candidate is accepted.
    """
    alleles, bases = count_alleles_and_bases(segments, groups)
    best = 0
    best_start, best_end = 0, 0
    for candidate in range(selected):
        group = candidates[candidate, 0]
        position = candidates[candidate, 1]
        score, allele = score_alleles(read, segments, group, position, search_start, min_score, scores.last, members)
        if score < min_score:
            continue
        _, start, end = ungapped_run(read, search_start, segments, position, allele)
        allele_left = (
            segments.offsets[allele + 1] - segments.offsets[allele] - (end - position + segments.origin[allele])
        )
        evalue = j_evalue(score, len(read) - search_start, len(read) - end, bases, alleles, allele_left)
        if evalue > max_evalue:
            continue
        if best == 0 or end <= best_start or (score > best and start < best_end):
            best, best_start, best_end = score, start, end
            call["j"] = allele
            call["j_group"] = group
            call["j_position"] = position
            call["j_evalue"] = evalue
            first_allele, last_allele = segments.groups[group]["first"], segments.groups[group]["end"]
            for kept_allele in range(first_allele, last_allele):
                scores.best[kept_allele] = scores.last[kept_allele]
    return best


@inlined
def j_evalue(score: int, searched: int, read_left: int, bases: int, alleles: int, allele_left: int) -> float:
    """Return the E-value of a run of a J, with fewer chance matches for runs that end with the read or allele.

    Args:
        score: score of the run.
        searched: number of bases of the read that may belong to the J.
        read_left: number of bases of the read after the run.
        bases: bases of all alleles that are searched.
        alleles: number of alleles that are searched.
        allele_left: number of bases of the run's allele after the run.
    """
    evalue = ANYWHERE_FACTOR * match_evalue(score, 1, searched * bases)
    read_ends = searched if read_left else 1
    allele_ends = bases if allele_left else alleles
    return min(evalue, AT_END_FACTOR * match_evalue(score, 1, read_ends * allele_ends))


@inlined
def count_alleles_and_bases(segments: Segments, groups: I64) -> tuple[int, int]:
    """Count the alleles of the groups with a 1 in `groups` and the bases of these alleles."""
    alleles = 0
    bases = 0
    for group in range(len(segments.groups)):
        if groups[group]:
            start, end = segments.groups[group]["first"], segments.groups[group]["end"]
            alleles += end - start
            bases += segments.offsets[end] - segments.offsets[start]
    return alleles, bases


# Number of V candidates of each strand.
CANDIDATES = 3
MIN_V_VOTES = constant(2)
# The V is searched in up to SEARCH_ROUNDS rounds. Round 0 uses every FIRST_STEP-th k-mer. Round 1 uses all k-mers,
# unless round 0 found a pair whose V scores CERTAIN_V_SCORE, which chance matches do not reach. Round 2 uses short
# k-mers, unless a V reached the smallest accepted score.
FIRST_STEP, CERTAIN_V_SCORE, SEARCH_ROUNDS = constant(4), 40, 3
# Once a pair is found, a candidate with this many times fewer votes than the best candidate is skipped.
MAX_VOTE_RATIO = 3
# A V whose score is this many times lower than that of the best V is skipped: it is the same V matched by a related
# gene.
MAX_SCORE_RATIO = 2
# Candidates of one V group that are closer than this [nt] are one segment with an insertion or deletion.
MIN_V_DISTANCE = constant(20)
# Number of bases before the V's end at which the J may begin: chance matches may have extended the V [nt].
V_OVERSHOOT = 12
# Substitution rate of a V above which it is hypermutated; see `Limits.mutated_evalue_factor`.
MUTATED_SHARE = 0.05


class Pairs(NamedTuple):
    """Hold V and J of many reads.

    Attributes:
        calls: shape (reads,), dtype `CALL`; only the fields of V and J are set.
        oriented: codes of the reads on the strand of the rearrangement, with the offsets of the reads.
        ties: alleles with equal scores: V of the first read, J of the first read, V of the second read, ...
        tie_offsets: start of each of these sets in `ties`, shape (2 * reads + 1,).
    """

    calls: NDArray[Any]
    oriented: U8
    ties: I16
    tie_offsets: I64


def find_pairs(codes: U8, offsets: I64, germline: Germline, limits: Limits) -> Pairs:
    """Find V and J of each read.

    Args:
        codes: bases of the reads, one read after the other.
        offsets: start of each read in `codes`, shape (reads + 1,).
        germline: germline reference.
        limits: thresholds.

    Returns:
        V and J of each read; `v` and `j` of a call are -1 if the read has no pair.
    """
    reads = len(offsets) - 1
    v, j = germline.v, germline.j
    calls = np.zeros(reads, dtype=CALL)
    oriented = np.empty(len(codes), dtype=np.uint8)
    max_ties = len(v.origin) + len(j.origin)
    ties = np.empty(16 * reads + max_ties, dtype=np.int16)
    tie_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    max_length = longest(offsets)
    kinds = (v, germline.v_seeds), (v, germline.v_short_seeds), (j, germline.j_seeds)
    scratch = make_scratch(max_length, kinds, CANDIDATES)
    v_scores, j_scores, best_j_scores = make_scores(v), make_scores(j), np.zeros(len(j.origin), dtype=np.int64)
    all_groups = np.ones(len(v.groups), dtype=np.int64)
    candidates = np.zeros((2 * CANDIDATES, 4), dtype=np.int64)
    backward = np.empty(max_length, dtype=np.uint8)
    j_call = np.zeros(1, dtype=CALL)
    done = used = 0
    while done < reads:
        done, used = _find_pairs(
            done,
            codes,
            offsets,
            v,
            germline.v_seeds,
            germline.v_short_seeds,
            j,
            germline.j_seeds,
            germline.v_joins_j,
            limits,
            scratch.votes,
            scratch.members,
            v_scores,
            j_scores,
            best_j_scores,
            all_groups,
            candidates,
            backward,
            j_call,
            calls,
            oriented,
            ties,
            used,
            tie_offsets,
        )
        if done < reads:
            ties = np.concatenate([ties, np.empty_like(ties)])
    return Pairs(calls, oriented, ties[:used], tie_offsets)


@leaf
def _find_pairs(
    first: int,
    codes: U8,
    offsets: I64,
    v: Segments,
    v_seeds: Seeds,
    v_short_seeds: Seeds,
    j: Segments,
    j_seeds: Seeds,
    v_joins_j: I64,
    limits: Limits,
    votes: Votes,
    members: Members,
    v_scores: Scores,
    j_scores: Scores,
    best_j_scores: I64,
    all_groups: I64,
    candidates: I64,
    backward: U8,
    j_call: NDArray[Any],
    calls: NDArray[Any],
    oriented: U8,
    ties: I16,
    used: int,
    tie_offsets: I64,
) -> tuple[int, int]:
    """Find V and J of the reads from number `first` on; stop at a read whose ties may not fit into `ties`.

    The arguments are the inputs, scratch arrays and outputs of `find_pairs`.

    Returns:
        The number of the first read that is not done, and the number of filled elements of `ties`.
    """
    reads = len(offsets) - 1
    max_ties = len(v.origin) + len(j.origin)
    for i in range(first, reads):
        if len(ties) - used < max_ties:
            return i, used
        forward = codes[offsets[i] : offsets[i + 1]]
        reverse_strand = backward[: len(forward)]
        for b in range(len(forward)):
            reverse_strand[len(forward) - 1 - b] = COMPLEMENT[forward[b]]
        call = calls[i]
        call["v"] = -1
        call["j"] = -1
        best = 0
        best_v = 0
        max_votes = 0
        search_round = 0
        next_candidate = 0
        selected = select_v_candidates(forward, reverse_strand, v_seeds, FIRST_STEP, votes, all_groups, candidates)
        while True:
            if next_candidate == selected or (best > 0 and candidates[next_candidate, 2] * MAX_VOTE_RATIO < max_votes):
                if (search_round == 0 and best > 0 and call["v_score"] >= CERTAIN_V_SCORE) or (
                    search_round == 1 and best_v >= limits.min_v_score
                ):
                    break
                search_round += 1
                if search_round == SEARCH_ROUNDS:
                    break
                next_candidate = 0
                max_votes = 0
                seeds = v_seeds if search_round == 1 else v_short_seeds
                selected = select_v_candidates(
                    forward, reverse_strand, seeds, EVERY_KMER, votes, all_groups, candidates
                )
                continue
            strand = candidates[next_candidate, 3]
            max_votes = max(max_votes, candidates[next_candidate, 2])
            read = reverse_strand if strand else forward
            group = candidates[next_candidate, 0]
            position = candidates[next_candidate, 1]
            next_candidate += 1
            v_score, allele = score_alleles(read, v, group, position, FIRST, limits.min_v_score, v_scores.last, members)
            best_v = max(best_v, v_score)
            if v_score < limits.min_v_score or v_score * MAX_SCORE_RATIO < best_v:
                continue
            _, v_start, v_end = ungapped_run(read, FIRST, v, position, allele)
            search_start = max(0, v_end - V_OVERSHOOT)
            max_evalue = limits.max_j_evalue
            if is_mutated(read, v, allele, position, v_start, v_end, v_score):
                max_evalue *= limits.mutated_evalue_factor
            groups = v_joins_j[group]
            j_score = find_j(
                read,
                search_start,
                groups,
                j,
                j_seeds,
                limits.min_j_score,
                max_evalue,
                j_scores,
                votes,
                members,
                j_call[0],
            )
            if j_score == 0 or v_score + j_score <= best:
                continue
            best = v_score + j_score
            call["reversed"] = strand
            call["v"] = allele
            call["v_group"] = group
            call["v_position"] = position
            call["v_score"] = v_score
            call["j"] = j_call[0]["j"]
            call["j_group"] = j_call[0]["j_group"]
            call["j_position"] = j_call[0]["j_position"]
            call["j_evalue"] = j_call[0]["j_evalue"]
            call["j_score"] = j_score
            call["j_search_start"] = search_start
            start, end = v.groups[group]["first"], v.groups[group]["end"]
            for kept_allele in range(start, end):
                v_scores.best[kept_allele] = v_scores.last[kept_allele]
            start, end = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
            for kept_allele in range(start, end):
                best_j_scores[kept_allele] = j_scores.best[kept_allele]
        read = reverse_strand if call["reversed"] else forward
        for b in range(len(read)):
            oriented[offsets[i] + b] = read[b]
        if best > 0:
            start, end = v.groups[call["v_group"]]["first"], v.groups[call["v_group"]]["end"]
            used = append_ties(ties, used, v_scores.best, start, end)
        tie_offsets[2 * i + 1] = used
        if best > 0:
            start, end = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
            used = append_ties(ties, used, best_j_scores, start, end)
        tie_offsets[2 * i + 2] = used
    return reads, used


@inlined
def is_mutated(read: U8, segments: Segments, allele: int, position: int, start: int, end: int, score: int) -> bool:
    """Decide whether more than `MUTATED_SHARE` of a V's aligned bases differ from the allele.

    Args:
        read: codes of the read.
        segments: V alleles.
        allele: number of the allele.
        position: base of the read on which the allele's origin lies.
        start: first aligned base of the read.
        end: base after the last aligned base.
        score: score of this run: matches - mismatches, so N does not count.
    """
    shift = position - segments.origin[allele]
    matches = count_matches(
        read[start:end],
        segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]][start - shift : end - shift],
    )
    return matches - score > MUTATED_SHARE * (2 * matches - score)


@leaf
def select_v_candidates(
    forward: U8, backward: U8, seeds: Seeds, step: int, votes: Votes, groups: I64, candidates: I64
) -> int:
    """Select the V candidates with the most votes on both strands.

    Args:
        forward: codes of the read.
        backward: its reverse complement.
        seeds: k-mer index of the V.
        step: distance between voting k-mers (k-mers).
        votes: scratch.
        groups: 1 for each V group, shape (V groups,).
        candidates: output, shape (2 * CANDIDATES, 4): group, position, votes, strand (0 forward, 1 backward). Most
            votes come first; of candidates with equal votes, those of the forward strand.

    Returns:
        The number of candidates.
    """
    selected = 0
    for strand in range(2):
        read = backward if strand else forward
        count = kmer_numbers(read, seeds.k, votes.numbers)
        used = vote(votes.numbers, step, count, seeds, groups, seeds.reach, votes.counts, votes.touched)
        n_strand = select_candidates(votes.counts, votes.touched, used, MIN_V_VOTES, MIN_V_DISTANCE, votes.candidates)
        for candidate in range(n_strand):
            at = selected
            while at > 0 and candidates[at - 1, 2] < votes.candidates[candidate, 2]:
                for field in range(4):
                    candidates[at, field] = candidates[at - 1, field]
                at -= 1
            candidates[at, 0] = votes.candidates[candidate, 0]
            candidates[at, 1] = votes.candidates[candidate, 1] - seeds.reach
            candidates[at, 2] = votes.candidates[candidate, 2]
            candidates[at, 3] = strand
            selected += 1
    return selected
