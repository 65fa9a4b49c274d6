"""The J behind a V: proposed by k-mers, else looked for at every place near the V."""

from __future__ import annotations

from typing import Any

from clonotrack.kernels.jit import leaf
from clonotrack.kernels.placement import overlap, score_alleles, ungapped_run
from clonotrack.kernels.seeds import elect, kmer_numbers, vote
from clonotrack.kernels.segments import Segments, codes_of, group_of
from clonotrack.kernels.ungapped import count_matches, expected_by_chance
from clonotrack.kernels.workspace import Bench, keep_group
from clonotrack.sequence import I64, U8

LEAST_VOTES = 1
# Places of a group nearer than this are one segment with an insertion or deletion.
APART = 10
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
    taken = elect(bench.votes, bench.touched, used, LEAST_VOTES, APART, bench.elected)
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
