"""Provide naive twins of `clonotrack.annotate.kernels.find_vj`: V and J of reads given as strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.find_vj import (
    ANYWHERE_FACTOR,
    AT_END_FACTOR,
    CANDIDATES,
    CERTAIN_V_SCORE,
    FIRST_STEP,
    MAX_J_DISTANCE,
    MAX_SCORE_RATIO,
    MAX_VOTE_RATIO,
    MIN_J_DISTANCE,
    MIN_J_VOTES,
    MIN_V_DISTANCE,
    MIN_V_VOTES,
    MUTATED_SHARE,
    SEARCH_ROUNDS,
    V_OVERSHOOT,
)
from clonotrack.annotate.kernels.types import Germline, Limits, Segments
from clonotrack.germline import Reference
from clonotrack.sequences import reverse_complement
from tests.annotate.twins.score_alleles import highest, overlap_score, overlapping_bases, score_alleles, ungapped_run
from tests.annotate.twins.seeds import select_candidates, votes
from tests.annotate.twins.types import Allele, alleles, votable
from tests.annotate.twins.ungapped import count_matches, match_evalue


@dataclass(frozen=True)
class PlacedSegment:
    """A group at a position: alleles with equal scores, and the interval of the read that the first of them covers."""

    group: int
    position: int
    score: float
    ties: list[Allele]
    start: int
    end: int


def find_j(
    read: str,
    search_start: int,
    searched: Sequence[int],
    segments: Segments,
    k: int,
    min_score: float,
    max_evalue: float,
) -> PlacedSegment | None:
    """Find the J from base `search_start` on, at positions with most k-mers, otherwise with most matches."""
    groups = [group if searched[g] else [] for g, group in enumerate(votable(segments))]
    counted = votes(read[search_start:], groups, k)
    candidates = select_candidates(counted, MIN_J_VOTES, MIN_J_DISTANCE, CANDIDATES)
    proposed = [(group, position + search_start) for group, position, _ in candidates]
    members = [allele for allele in alleles(segments) if searched[allele.group]]
    found = best_j(read, search_start, proposed, members, min_score, max_evalue)
    if found is None:
        found = best_j(
            read, search_start, propose_positions(read, search_start, members), members, min_score, max_evalue
        )
    return found


def propose_positions(read: str, search_start: int, members: Sequence[Allele]) -> list[tuple[int, int]]:
    """Return the positions with the highest overlap scores; of equal scores, the first computed."""
    best: dict[tuple[int, int], tuple[int, int]] = {}
    met = 0
    for allele in members:
        for shift in range(search_start - len(allele.sequence) + 1, min(len(read), search_start + MAX_J_DISTANCE)):
            at, met = (allele.group, shift + allele.origin), met + 1
            score = overlap_score(read, search_start, len(read), allele, at[1], 4)
            if at not in best or score > best[at][0]:
                best[at] = (score, met)
    return sorted(best, key=lambda at: (-best[at][0], best[at][1]))[:CANDIDATES]


def best_j(
    read: str,
    search_start: int,
    proposed: Sequence[tuple[int, int]],
    members: Sequence[Allele],
    min_score: float,
    max_evalue: float,
) -> PlacedSegment | None:
    """Choose the accepted J that scores highest, but an upstream J rather than a later one."""
    best: PlacedSegment | None = None
    for group, position in proposed:
        scores = score_alleles(read, [a for a in members if a.group == group], position, search_start, min_score)
        score = max(scores.values(), default=0)
        if score < min_score:
            continue
        ties = highest(scores)
        found = PlacedSegment(group, position, score, ties, *ungapped_run(read, search_start, ties[0], position)[1:])
        if j_evalue(found, read, search_start, members) > max_evalue:
            continue
        if best is None or found.end <= best.start or (score > best.score and found.start < best.end):
            best = found
    return best


def j_evalue(found: PlacedSegment, read: str, search_start: int, members: Sequence[Allele]) -> float:
    """Return the smallest E-value of a run that ends anywhere, with the read, with its allele, or with both."""
    allele = found.ties[0]
    read_ends = found.end == len(read)
    allele_ends = found.end - found.position + allele.origin == len(allele.sequence)
    ways = []
    for of_read in {False, read_ends}:
        for of_allele in {False, allele_ends}:
            in_read = 1 if of_read else len(read) - search_start
            in_alleles = len(members) if of_allele else sum(len(a.sequence) for a in members)
            share = AT_END_FACTOR if of_read or of_allele else ANYWHERE_FACTOR
            ways.append(share * match_evalue(found.score, 1, in_read * in_alleles))
    return min(ways)


def score_overlap(
    read: str, search_start: int, groups: list[int], alleles: list[list[tuple[str, int]]]
) -> dict[tuple[int, int], int]:
    """Return the highest 4 * matches - bases of any allele (sequence, origin) at each (group, position)."""
    best: dict[tuple[int, int], int] = {}
    for group, members in enumerate(alleles):
        for sequence, origin in members if groups[group] else []:
            for shift in range(search_start - len(sequence) + 1, min(len(read), search_start + MAX_J_DISTANCE)):
                first, last = max(0, search_start - shift), min(len(sequence), len(read) - shift)
                matches = count_matches(read[first + shift : last + shift], sequence[first:last])
                position = (group, shift + origin)
                best[position] = max(best.get(position, -1000), 4 * matches - (last - first))
    return best


@dataclass(frozen=True)
class Pair:
    """V and J of a read, the read on their strand, and the first base of the search for the J."""

    is_reversed: bool
    read: str
    v: PlacedSegment
    j: PlacedSegment
    search_start: int


def find_pairs(reads: Sequence[str], germline: Germline, limits: Limits) -> list[Pair | None]:
    """Find V and J of each read."""
    return [find_pair(read, germline, limits) for read in reads]


def find_pair(read: str, germline: Germline, limits: Limits) -> Pair | None:
    """Find the candidates with the highest sum of V and J scores, in up to three rounds (some, all, short k-mers)."""
    strands = [read, reverse_complement(read)]
    best: Pair | None = None
    best_v = 0.0
    k, short = germline.v_seeds.k, germline.v_short_seeds.k
    for search_round, (length, step) in enumerate([(k, FIRST_STEP), (k, 1), (short, 1)][:SEARCH_ROUNDS]):
        if (search_round == 1 and best is not None and best.v.score >= CERTAIN_V_SCORE) or (
            search_round == 2 and best_v >= limits.min_v_score
        ):
            break
        max_votes = 0
        for group, position, count, is_reversed in v_candidates(strands, germline, length, step):
            if best is not None and count * MAX_VOTE_RATIO < max_votes:
                break
            max_votes = max(max_votes, count)
            v = find_v(strands[is_reversed], germline, group, position, limits.min_v_score)
            best_v = max(best_v, 0 if v is None else v.score)
            if v is None or v.score < limits.min_v_score or v.score * MAX_SCORE_RATIO < best_v:
                continue
            search_start = max(0, v.end - V_OVERSHOOT)
            max_evalue = limits.max_j_evalue * (
                limits.mutated_evalue_factor if is_mutated(strands[is_reversed], v) else 1
            )
            j_k, searched = germline.j_seeds.k, germline.v_joins_j[group]
            j = find_j(strands[is_reversed], search_start, searched, germline.j, j_k, limits.min_j_score, max_evalue)
            if j is not None and (best is None or v.score + j.score > best.v.score + best.j.score):
                best = Pair(is_reversed, strands[is_reversed], v, j, search_start)
    return best


def is_mutated(read: str, v: PlacedSegment) -> bool:
    """Decide whether more than `MUTATED_SHARE` of the aligned bases other than N differ from the allele."""
    of_read, of_allele, *_ = overlapping_bases(read, v.start, v.end, v.ties[0], v.position)
    known = [(a, b) for a, b in zip(of_read, of_allele, strict=True) if a != "N"]
    return sum(a != b for a, b in known) > MUTATED_SHARE * len(known)


def v_candidates(strands: Sequence[str], germline: Germline, k: int, step: int) -> list[tuple[int, int, int, bool]]:
    """Return group, position, votes and strand of the V candidates of every `step`-th k-mer, most votes first."""
    groups = votable(germline.v)
    proposed = [
        (*cell, bool(is_reversed))
        for is_reversed, strand in enumerate(strands)
        for cell in select_candidates(votes(strand, groups, k, step), MIN_V_VOTES, MIN_V_DISTANCE, CANDIDATES)
    ]
    return sorted(proposed, key=lambda candidate: -candidate[2])


def find_v(read: str, germline: Germline, group: int, position: int, min_score: float) -> PlacedSegment | None:
    """Find the best V of a group at a position."""
    scores = score_alleles(read, [a for a in alleles(germline.v) if a.group == group], position, 0, min_score)
    ties = highest(scores)
    if not ties:
        return None
    return PlacedSegment(group, position, scores[ties[0]], ties, *ungapped_run(read, 0, ties[0], position)[1:])


@dataclass(frozen=True)
class BestRun:
    """The highest ungapped score, the alleles with it, and the interval of the first of them on the read."""

    score: int
    alleles: tuple[str, ...]
    start: int
    end: int


def best_anywhere(read: str, search_start: int, alleles: dict[str, str]) -> BestRun:
    """Find the best run of any allele on any diagonal, from base `search_start` on."""
    found = [
        (*best_at(read, search_start, sequence, shift), name)
        for name, sequence in alleles.items()
        for shift in range(search_start - len(sequence) + 1, len(read))
    ]
    top = max(score for score, *_ in found)
    tied = [one for one in found if one[0] == top]
    return BestRun(top, tuple(dict.fromkeys(name for *_, name in tied)), tied[0][1], tied[0][2])


def best_at(read: str, search_start: int, allele: str, shift: int) -> tuple[int, int, int]:
    """Return score, first base and base after the last of the best run on one diagonal (Kadane)."""
    best, score, start = (0, 0, 0), 0, max(search_start, shift)
    for i in range(max(search_start, shift), min(len(read), shift + len(allele))):
        score += 1 if read[i] == allele[i - shift] else 0 if read[i] == "N" else -1
        if score < 0:
            score, start = 0, i + 1
        if score > best[0]:
            best = (score, start, i + 1)
    return best


def best_pair_anywhere(read: str, reference: Reference, locus: str) -> tuple[bool, BestRun, BestRun]:
    """Return whether the reverse strand has the better V, that V, and the best J downstream of it."""
    strands = [read, reverse_complement(read)]
    vs = {s.allele: s.sequence for s in reference.select("V", locus)}
    js = {s.allele: s.sequence for s in reference.select("J", locus)}
    placed = [best_anywhere(strand, 0, vs) for strand in strands]
    is_reversed = placed[1].score > placed[0].score
    v = placed[is_reversed]
    return is_reversed, v, best_anywhere(strands[is_reversed], max(0, v.end - V_OVERSHOOT), js)
