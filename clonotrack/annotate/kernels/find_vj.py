"""The J behind a V: proposed by k-mers, else looked for at every place near the V.

The V and the J of each read: the pair on one strand, V before J, with the highest sum of ungapped scores.

k-mers of both strands vote for (V group, place); the best few candidates are aligned to every allele of their group
(where none is a V, those of shorter k-mers).
Behind each, on the same strand, the J is found the same way among the groups that recombine with that V.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.score_alleles import (
    count_matches,
    expected_by_chance,
    score_alleles,
    ungapped_run,
)
from clonotrack.annotate.kernels.seeds import Seeds, elect, kmer_numbers, vote
from clonotrack.annotate.kernels.types import (
    ALL,
    CALL,
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

J_LEAST_VOTES = constant(1)
# Places of a group nearer than this are one segment with an insertion or deletion.
J_APART = constant(10)
# Where k-mers propose no J, its first base is looked for up to here from where it may begin [nt].
FARTHEST_J = 100
# METHOD: a J that goes up to the end of the read (a primer's, mostly) or of its allele (the C gene or intron follows)
# could have ended at one place of it only, not at all. Chance is shared among the ways to end (Bonferroni): two thirds
# of it for runs that end anywhere, a ninth for each of those that end with the read, with the allele, and with both.
ANYWHERE, AT_END = 1.5, 9.0


@inlined
def find_j(
    read: U8,
    earliest: int,
    groups: I64,
    segments: Segments,
    seeds: Seeds,
    least: float,
    most_expected: float,
    scores: Scores,
    votes: Votes,
    members: Members,
    call: Any,
) -> int:
    """The J from base `earliest` on; writes its group, place, allele and E-value into `call`.

    k-mers propose the places; where none of these is accepted, all near the V are looked at.

    Args:
        read: codes of the read.
        earliest: first base that may be J.
        groups: 1 for the J groups that are looked for.
        segments: the J alleles.
        seeds: their index.
        least: least score.
        most_expected: most matches as good that chance may have (E-value).
        scores: ``best`` holds the scores of the alleles of the J's group afterwards.
        votes: scratch.
        members: scratch.
        call: written, with the E-value.

    Returns:
        Its score; 0 where none is accepted.
    """
    shift = seeds.reach
    count = kmer_numbers(read[earliest:], seeds.k, votes.numbers)
    used = vote(votes.numbers, ALL, count, seeds, groups, shift + earliest, votes.counts, votes.touched)
    taken = elect(votes.counts, votes.touched, used, J_LEAST_VOTES, J_APART, votes.elected)
    for candidate in range(taken):
        votes.elected[candidate, 1] -= shift
    best = 0
    for again in range(2):
        if again:
            taken = propose_places(read, earliest, groups, segments, votes.elected)
        best = best_j(
            read, earliest, votes.elected, taken, groups, segments, least, most_expected, scores, members, call
        )
        if best > 0:
            break
    return best


@inlined
def propose_places(read: U8, earliest: int, groups: I64, segments: Segments, elected: I64) -> int:
    """The (group, place) where most bases of an allele match, over all places near `earliest`.

    Args:
        read: codes of the read.
        earliest: first base that may be J.
        groups: 1 for the J groups that are looked for.
        segments: the J alleles.
        elected: written: group, place, rough score as in `score_alleles`; best first.

    Returns:
        How many were written.
    """
    taken = 0
    for group in range(len(groups)):
        if groups[group] == 0:
            continue
        start, end = segments.groups[group]["first"], segments.groups[group]["end"]
        for allele in range(start, end):
            codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
            for shift in range(earliest - len(codes) + 1, min(len(read), earliest + FARTHEST_J)):
                first = max(0, earliest - shift)
                last = max(first, min(len(codes), len(read) - shift))
                matches = count_matches(read[first + shift : last + shift], codes[first:last])
                score = 4 * matches - (last - first)
                if taken == len(elected) and score <= elected[taken - 1, 2]:
                    continue
                place = shift + segments.origin[allele]
                at = 0
                while at < taken and not (elected[at, 0] == group and elected[at, 1] == place):
                    at += 1
                if at == taken:
                    taken = min(taken + 1, len(elected))
                    at = taken - 1
                elif elected[at, 2] >= score:
                    continue
                while at > 0 and elected[at - 1, 2] < score:
                    for field in range(3):
                        elected[at, field] = elected[at - 1, field]
                    at -= 1
                elected[at, 0] = group
                elected[at, 1] = place
                elected[at, 2] = score
    return taken


@inlined
def best_j(
    read: U8,
    earliest: int,
    elected: I64,
    taken: int,
    groups: I64,
    segments: Segments,
    least: float,
    most_expected: float,
    scores: Scores,
    members: Members,
    call: Any,
) -> int:
    """The J among proposed places; see `find_j`.

    METHOD: of two J segments one behind the other the first is the rearranged one; the other is germline that
    follows it on the chromosome, and may well have the higher score.
    """
    alleles, bases = sizes_of(segments, groups)
    best = 0
    best_start, best_end = 0, 0
    for candidate in range(taken):
        group = elected[candidate, 0]
        place = elected[candidate, 1]
        score, allele = score_alleles(read, segments, group, place, earliest, least, scores.last, members)
        if score < least:
            continue
        _, start, end = ungapped_run(read, earliest, segments, place, allele)
        behind = segments.offsets[allele + 1] - segments.offsets[allele] - (end - place + segments.origin[allele])
        expected = expected_j(score, len(read) - earliest, len(read) - end, bases, alleles, behind)
        if expected > most_expected:
            continue
        if best == 0 or end <= best_start or (score > best and start < best_end):
            best, best_start, best_end = score, start, end
            call["j"] = allele
            call["j_group"] = group
            call["j_place"] = place
            call["j_expected"] = expected
            first_allele, last_allele = segments.groups[group]["first"], segments.groups[group]["end"]
            for kept_allele in range(first_allele, last_allele):
                scores.best[kept_allele] = scores.last[kept_allele]
    return best


@inlined
def expected_j(score: int, searched: int, behind_read: int, bases: int, alleles: int, behind_allele: int) -> float:
    """J matches as good as this one that random sequence has (E-value).

    Args:
        score: of the run.
        searched: bases of the read that may be J.
        behind_read: bases of the read behind the run.
        bases: of all alleles.
        alleles: how many these are.
        behind_allele: bases of the run's allele behind the run.
    """
    expected = ANYWHERE * expected_by_chance(score, 1, searched * bases)
    with_read = searched if behind_read else 1
    with_allele = bases if behind_allele else alleles
    return min(expected, AT_END * expected_by_chance(score, 1, with_read * with_allele))


@inlined
def sizes_of(segments: Segments, groups: I64) -> tuple[int, int]:
    """Count the alleles of the groups that are searched, and their bases."""
    alleles = 0
    bases = 0
    for group in range(len(segments.groups)):
        if groups[group]:
            start, end = segments.groups[group]["first"], segments.groups[group]["end"]
            alleles += end - start
            bases += segments.offsets[end] - segments.offsets[start]
    return alleles, bases


# Places of V looked at on each strand.
CANDIDATES = 3
LEAST_VOTES = constant(2)
# k-mers are asked in turns: one in so many; all of them, unless the V then has a score that no chance match has; the
# short ones, where no V has the least score.
STRIDE, SURE, LEVELS = constant(4), 40, 3
# A candidate with this many times fewer votes than the best is looked at only if the better ones gave nothing.
MUCH_FEWER = 3
# A V whose score is this many times lower than another's is its shadow in a related gene.
MUCH_WEAKER = 2
# Places of a group nearer than this are one segment with an insertion or deletion.
APART = constant(20)
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


def find_pairs(codes: U8, offsets: I64, germline: Germline, limits: Limits) -> Pairs:
    """Find the V and J of reads.

    Args:
        codes: bases of the reads, one after the other.
        offsets: shape (reads + 1,).
        germline: the reference.
        limits: what is accepted.
    """
    reads = len(offsets) - 1
    v, j = germline.v, germline.j
    calls = np.zeros(reads, dtype=CALL)
    oriented = np.empty(len(codes), dtype=np.uint8)
    most_ties = len(v.origin) + len(j.origin)
    ties = np.empty(16 * reads + most_ties, dtype=np.int16)
    tie_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    most = longest(offsets)
    kinds = (v, germline.v_seeds), (v, germline.v_deep), (j, germline.j_seeds)
    scratch = make_scratch(most, kinds, CANDIDATES)
    v_scores, j_scores, j_kept = make_scores(v), make_scores(j), np.zeros(len(j.origin), dtype=np.int64)
    all_groups = np.ones(len(v.groups), dtype=np.int64)
    elected = np.zeros((2 * CANDIDATES, 4), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    found = np.zeros(1, dtype=CALL)
    done = used = 0
    while done < reads:
        done, used = _find_pairs(
            done,
            codes,
            offsets,
            v,
            germline.v_seeds,
            germline.v_deep,
            j,
            germline.j_seeds,
            germline.joins,
            limits,
            scratch.votes,
            scratch.members,
            v_scores,
            j_scores,
            j_kept,
            all_groups,
            elected,
            backward,
            found,
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
    v_deep: Seeds,
    j: Segments,
    j_seeds: Seeds,
    joins: I64,
    limits: Limits,
    votes: Votes,
    members: Members,
    v_scores: Scores,
    j_scores: Scores,
    j_kept: I64,
    all_groups: I64,
    elected: I64,
    backward: U8,
    found: NDArray[Any],
    calls: NDArray[Any],
    oriented: U8,
    ties: I16,
    used: int,
    tie_offsets: I64,
) -> tuple[int, int]:
    """Find the V and J of the reads from `first` on, up to one whose ties may not fit; see `find_pairs`.

    Returns:
        The first read that is left, and how much of `ties` is used.
    """
    reads = len(offsets) - 1
    most_ties = len(v.origin) + len(j.origin)
    for i in range(first, reads):
        if len(ties) - used < most_ties:
            return i, used
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
        taken = elect_v(forward, other, v_seeds, STRIDE, votes, all_groups, elected)
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
                seeds = v_seeds if level == 1 else v_deep
                taken = elect_v(forward, other, seeds, ALL, votes, all_groups, elected)
                continue
            strand = elected[turn, 3]
            most_votes = max(most_votes, elected[turn, 2])
            read = other if strand else forward
            group = elected[turn, 0]
            place = elected[turn, 1]
            turn += 1
            v_score, allele = score_alleles(read, v, group, place, FIRST, limits.min_v_score, v_scores.last, members)
            best_v = max(best_v, v_score)
            if v_score < limits.min_v_score or v_score * MUCH_WEAKER < best_v:
                continue
            _, v_start, v_end = ungapped_run(read, FIRST, v, place, allele)
            earliest = max(0, v_end - V_OVERSHOOT)
            expected = limits.max_j_expected
            if is_mutated(read, v, allele, place, v_start, v_end, v_score):
                expected *= limits.mutated_favour
            groups = joins[group]
            j_score = find_j(
                read, earliest, groups, j, j_seeds, limits.min_j_score, expected, j_scores, votes, members, found[0]
            )
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
            start, end = v.groups[group]["first"], v.groups[group]["end"]
            for kept_allele in range(start, end):
                v_scores.best[kept_allele] = v_scores.last[kept_allele]
            start, end = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
            for kept_allele in range(start, end):
                j_kept[kept_allele] = j_scores.best[kept_allele]
        read = other if call["reversed"] else forward
        for b in range(len(read)):
            oriented[offsets[i] + b] = read[b]
        if best > 0:
            start, end = v.groups[call["v_group"]]["first"], v.groups[call["v_group"]]["end"]
            used = append_ties(ties, used, v_scores.best, start, end)
        tie_offsets[2 * i + 1] = used
        if best > 0:
            start, end = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
            used = append_ties(ties, used, j_kept, start, end)
        tie_offsets[2 * i + 2] = used
    return reads, used


@inlined
def is_mutated(read: U8, segments: Segments, allele: int, place: int, start: int, end: int, score: int) -> bool:
    """Whether more than `MUTATED` of the known bases of a run of this score differ from the allele."""
    shift = place - segments.origin[allele]
    matches = count_matches(
        read[start:end],
        segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]][start - shift : end - shift],
    )
    return matches - score > MUTATED * (2 * matches - score)


@leaf
def elect_v(forward: U8, backward: U8, seeds: Seeds, step: int, votes: Votes, groups: I64, elected: I64) -> int:
    """The places of V with most votes on both strands.

    Args:
        forward: the read.
        backward: its reverse complement.
        seeds: the index.
        step: every so many k-mers one votes.
        votes: scratch.
        groups: ones, for all V groups.
        elected: written: group, place, votes, strand; most votes first, among equals the read's own strand.

    Returns:
        How many were written.
    """
    taken = 0
    for strand in range(2):
        read = backward if strand else forward
        count = kmer_numbers(read, seeds.k, votes.numbers)
        used = vote(votes.numbers, step, count, seeds, groups, seeds.reach, votes.counts, votes.touched)
        found = elect(votes.counts, votes.touched, used, LEAST_VOTES, APART, votes.elected)
        for candidate in range(found):
            at = taken
            while at > 0 and elected[at - 1, 2] < votes.elected[candidate, 2]:
                for field in range(4):
                    elected[at, field] = elected[at - 1, field]
                at -= 1
            elected[at, 0] = votes.elected[candidate, 0]
            elected[at, 1] = votes.elected[candidate, 1] - seeds.reach
            elected[at, 2] = votes.elected[candidate, 2]
            elected[at, 3] = strand
            taken += 1
    return taken
