"""Naive twin of `clonotrack.annotate.kernels.find_vj`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.find_vj import ANYWHERE, AT_END, CANDIDATES, FARTHEST_J, J_APART, J_LEAST_VOTES
from clonotrack.annotate.kernels.types import Segments
from tests.annotate.twins.placement import highest, rough_score, score_alleles, ungapped_run
from tests.annotate.twins.seeds import elect, votes
from tests.annotate.twins.types import Allele, alleles, votable
from tests.annotate.twins.ungapped import count_matches, expected_by_chance


@dataclass(frozen=True)
class Found:
    """A segment at its place: alleles that tie, the first of them taken, and the bases that one covers."""

    group: int
    place: int
    score: float
    ties: list[Allele]
    start: int
    end: int


def find_j(
    read: str, earliest: int, wanted: Sequence[int], segments: Segments, k: int, least: float, most_expected: float
) -> Found | None:
    """The J from base `earliest` on: of the places with most k-mers, else of those with most matches."""
    groups = [group if wanted[g] else [] for g, group in enumerate(votable(segments))]
    counted = votes(read[earliest:], groups, k)
    elected = elect(counted, J_LEAST_VOTES, J_APART, CANDIDATES)
    proposed = [(group, place + earliest) for group, place, _ in elected]
    members = [allele for allele in alleles(segments) if wanted[allele.group]]
    found = best_j(read, earliest, proposed, members, least, most_expected)
    if found is None:
        found = best_j(read, earliest, propose_places(read, earliest, members), members, least, most_expected)
    return found


def propose_places(read: str, earliest: int, members: Sequence[Allele]) -> list[tuple[int, int]]:
    """The places with the highest rough score of any allele; among equals the one that had it first."""
    best: dict[tuple[int, int], tuple[int, int]] = {}
    met = 0
    for allele in members:
        for shift in range(earliest - len(allele.sequence) + 1, min(len(read), earliest + FARTHEST_J)):
            at, met = (allele.group, shift + allele.origin), met + 1
            score = rough_score(read, earliest, len(read), allele, at[1], 4)
            if at not in best or score > best[at][0]:
                best[at] = (score, met)
    return sorted(best, key=lambda at: (-best[at][0], best[at][1]))[:CANDIDATES]


def best_j(
    read: str,
    earliest: int,
    proposed: Sequence[tuple[int, int]],
    members: Sequence[Allele],
    least: float,
    most_expected: float,
) -> Found | None:
    """The best of the accepted ones; one that ends before it is taken instead, one that begins behind it is not."""
    best: Found | None = None
    for group, place in proposed:
        scores = score_alleles(read, [a for a in members if a.group == group], place, earliest, least)
        score = max(scores.values(), default=0)
        if score < least:
            continue
        ties = highest(scores)
        found = Found(group, place, score, ties, *ungapped_run(read, earliest, ties[0], place)[1:])
        if expected_j(found, read, earliest, members) > most_expected:
            continue
        if best is None or found.end <= best.start or (score > best.score and found.start < best.end):
            best = found
    return best


def expected_j(found: Found, read: str, earliest: int, members: Sequence[Allele]) -> float:
    """The least of the E-values of a run that ends anywhere, with the read, with its allele, and with both."""
    allele = found.ties[0]
    with_read = found.end == len(read)
    with_allele = found.end - found.place + allele.origin == len(allele.sequence)
    ways = []
    for of_read in {False, with_read}:
        for of_allele in {False, with_allele}:
            in_read = 1 if of_read else len(read) - earliest
            in_alleles = len(members) if of_allele else sum(len(a.sequence) for a in members)
            share = AT_END if of_read or of_allele else ANYWHERE
            ways.append(share * expected_by_chance(found.score, 1, in_read * in_alleles))
    return min(ways)


def rough_scores(
    read: str, earliest: int, groups: list[int], alleles: list[list[tuple[str, int]]]
) -> dict[tuple[int, int], int]:
    """Best 4 x matches - bases of any allele (sequence, origin) at each (group, place of the origin)."""
    best: dict[tuple[int, int], int] = {}
    for group, members in enumerate(alleles):
        for sequence, origin in members if groups[group] else []:
            for shift in range(earliest - len(sequence) + 1, min(len(read), earliest + FARTHEST_J)):
                first, last = max(0, earliest - shift), min(len(sequence), len(read) - shift)
                matches = count_matches(read[first + shift : last + shift], sequence[first:last])
                place = (group, shift + origin)
                best[place] = max(best.get(place, -1000), 4 * matches - (last - first))
    return best
