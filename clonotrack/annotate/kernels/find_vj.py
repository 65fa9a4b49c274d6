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
    overlap,
    score_alleles,
    ungapped_run,
)
from clonotrack.annotate.kernels.seeds import Seeds, elect, kmer_numbers, vote
from clonotrack.annotate.kernels.types import (
    CALL,
    Bench,
    Germline,
    Limits,
    Segments,
    append_ties,
    codes_of,
    group_of,
    keep_group,
    longest,
    make_bench,
)
from clonotrack.kernels.jit import leaf, njit
from clonotrack.sequences import COMPLEMENT, I16, I64, U8

J_LEAST_VOTES = 1
# Places of a group nearer than this are one segment with an insertion or deletion.
J_APART = 10
# Where k-mers propose no J, its first base is looked for up to here from where it may begin [nt].
FARTHEST_J = 100
# METHOD: a J that goes up to the end of the read (a primer's, mostly) or of its allele (the C gene or intron follows)
# could have ended at one place of it only, not at all. Chance is shared among the ways to end (Bonferroni): two thirds
# of it for runs that end anywhere, a ninth for each of those that end with the read, with the allele, and with both.
ANYWHERE, AT_END = 1.5, 9.0


@leaf
def find_j(
    read: U8,
    earliest: int,
    groups: I64,
    segments: Segments,
    least: float,
    most_expected: float,
    bench: Bench,
    call: Any,
) -> int:
    """The J from base `earliest` on; writes its group, place, allele and E-value into `call`.

    k-mers propose the places; where none of these is accepted, all near the V are looked at.

    Args:
        read: codes of the read.
        earliest: first base that may be J.
        groups: 1 for the J groups that are looked for.
        segments: the J alleles.
        least: least score.
        most_expected: most matches as good that chance may have (E-value).
        bench: scratch; ``best`` holds the scores of the alleles of the J's group afterwards.
        call: written, with the E-value.

    Returns:
        Its score; 0 where none is accepted.
    """
    shift = segments.seeds.reach
    count = kmer_numbers(read[earliest:], segments.seeds.k, bench.numbers)
    used = vote(bench.numbers, 1, count, segments.seeds, groups, shift + earliest, bench.votes, bench.touched)
    taken = elect(bench.votes, bench.touched, used, J_LEAST_VOTES, J_APART, bench.elected)
    for candidate in range(taken):
        bench.elected[candidate, 1] -= shift
    best = best_j(read, earliest, taken, groups, segments, least, most_expected, bench, call)
    if best == 0:
        taken = propose_places(read, earliest, groups, segments, bench.elected)
        best = best_j(read, earliest, taken, groups, segments, least, most_expected, bench, call)
    return best


@leaf
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
        start, end = group_of(segments, group)
        for allele in range(start, end):
            codes = codes_of(segments, allele)
            for shift in range(earliest - len(codes) + 1, min(len(read), earliest + FARTHEST_J)):
                first, last = overlap(earliest, len(read), len(codes), shift)
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


@leaf
def best_j(
    read: U8,
    earliest: int,
    taken: int,
    groups: I64,
    segments: Segments,
    least: float,
    most_expected: float,
    bench: Bench,
    call: Any,
) -> int:
    """The J among proposed places; see `find_j`.

    METHOD: of two J segments one behind the other the first is the rearranged one; the other is germline that
    follows it on the chromosome, and may well have the higher score.
    """
    bases = bases_of(segments, groups)
    alleles = alleles_of(segments, groups)
    best = 0
    best_start, best_end = 0, 0
    for candidate in range(taken):
        group = bench.elected[candidate, 0]
        place = bench.elected[candidate, 1]
        score, allele = score_alleles(read, segments, group, place, earliest, least, bench)
        if score < least:
            continue
        _, start, end = ungapped_run(read, earliest, segments, place, allele)
        behind = len(codes_of(segments, allele)) - (end - place + segments.origin[allele])
        expected = expected_j(score, len(read) - earliest, len(read) - end, bases, alleles, behind)
        if expected > most_expected:
            continue
        if best == 0 or end <= best_start or (score > best and start < best_end):
            best, best_start, best_end = score, start, end
            call["j"] = allele
            call["j_group"] = group
            call["j_place"] = place
            call["j_expected"] = expected
            first_allele, last_allele = group_of(segments, group)
            keep_group(bench.best, bench.scores, first_allele, last_allele)
    return best


@leaf
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


@leaf
def alleles_of(segments: Segments, groups: I64) -> int:
    """Alleles of the groups that are looked for."""
    alleles = 0
    for group in range(len(segments.group_offsets) - 1):
        start, end = group_of(segments, group)
        alleles += groups[group] * (end - start)
    return alleles


@leaf
def bases_of(segments: Segments, groups: I64) -> int:
    """Bases of all alleles of the groups that are looked for."""
    bases = 0
    for group in range(len(segments.group_offsets) - 1):
        start, end = group_of(segments, group)
        bases += groups[group] * (segments.offsets[end] - segments.offsets[start])
    return bases


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
