"""Naive twins of `find_vj`: `find_pairs` candidate by candidate; `best_pair` at every place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.find_vj import (
    APART,
    CANDIDATES,
    LEAST_VOTES,
    LEVELS,
    MUCH_FEWER,
    MUCH_WEAKER,
    MUTATED,
    STRIDE,
    SURE,
    V_OVERSHOOT,
)
from clonotrack.annotate.kernels.types import Germline, Limits
from clonotrack.germline import Reference
from clonotrack.sequences import reverse_complement
from tests.annotate.twins.jsegment import Found, find_j
from tests.annotate.twins.placement import beside, highest, score_alleles, ungapped_run
from tests.annotate.twins.seeds import elect, votes
from tests.annotate.twins.types import alleles, votable


@dataclass(frozen=True)
class Pair:
    """V and J of a read, the strand they are on, and the base from which the J was looked for."""

    turned: bool
    read: str
    v: Found
    j: Found
    earliest: int


def find_pairs(reads: Sequence[str], germline: Germline, limits: Limits) -> list[Pair | None]:
    """The V and J of each read."""
    return [find_pair(read, germline, limits) for read in reads]


def find_pair(read: str, germline: Germline, limits: Limits) -> Pair | None:
    """The candidate with the highest sum of V and J, by all k-mers where some are not enough, by short ones at last."""
    strands = [read, reverse_complement(read)]
    best: Pair | None = None
    best_v = 0.0
    k, deep = germline.v_seeds.k, germline.v_deep.k
    for level, (length, step) in enumerate([(k, STRIDE), (k, 1), (deep, 1)][:LEVELS]):
        if (level == 1 and best is not None and best.v.score >= SURE) or (level == 2 and best_v >= limits.min_v_score):
            break
        most_votes = 0
        for group, place, count, turned in candidates(strands, germline, length, step):
            if best is not None and count * MUCH_FEWER < most_votes:
                break
            most_votes = max(most_votes, count)
            v = find_v(strands[turned], germline, group, place, limits.min_v_score)
            best_v = max(best_v, 0 if v is None else v.score)
            if v is None or v.score < limits.min_v_score or v.score * MUCH_WEAKER < best_v:
                continue
            earliest = max(0, v.end - V_OVERSHOOT)
            expected = limits.max_j_expected * (limits.mutated_favour if is_mutated(strands[turned], v) else 1)
            j_k, wanted = germline.j_seeds.k, germline.joins[group]
            j = find_j(strands[turned], earliest, wanted, germline.j, j_k, limits.min_j_score, expected)
            if j is not None and (best is None or v.score + j.score > best.v.score + best.j.score):
                best = Pair(turned, strands[turned], v, j, earliest)
    return best


def is_mutated(read: str, v: Found) -> bool:
    """Whether more than the usual share of known bases differ."""
    of_read, of_allele, *_ = beside(read, v.start, v.end, v.ties[0], v.place)
    known = [(a, b) for a, b in zip(of_read, of_allele, strict=True) if a != "N"]
    return sum(a != b for a, b in known) > MUTATED * len(known)


def candidates(strands: Sequence[str], germline: Germline, k: int, step: int) -> list[tuple[int, int, int, bool]]:
    """Group, place, votes and strand of the V's that every so many k-mers propose, most votes first."""
    groups = votable(germline.v)
    proposed = [
        (*cell, bool(turned))
        for turned, strand in enumerate(strands)
        for cell in elect(votes(strand, groups, k, step), LEAST_VOTES, APART, CANDIDATES)
    ]
    return sorted(proposed, key=lambda candidate: -candidate[2])


def find_v(read: str, germline: Germline, group: int, place: int, least: float) -> Found | None:
    """The best V of a group at a place."""
    scores = score_alleles(read, [a for a in alleles(germline.v) if a.group == group], place, 0, least)
    ties = highest(scores)
    if not ties:
        return None
    return Found(group, place, scores[ties[0]], ties, *ungapped_run(read, 0, ties[0], place)[1:])


@dataclass(frozen=True)
class Placed:
    """Alleles that tie with the best ungapped score, and the bases of the read that the first of them covers."""

    score: int
    alleles: tuple[str, ...]
    start: int
    end: int


def best_placed(read: str, earliest: int, alleles: dict[str, str]) -> Placed:
    """The best run of any allele at any place from `earliest` on."""
    found = [
        (*best_at(read, earliest, sequence, shift), name)
        for name, sequence in alleles.items()
        for shift in range(earliest - len(sequence) + 1, len(read))
    ]
    top = max(score for score, *_ in found)
    tied = [one for one in found if one[0] == top]
    return Placed(top, tuple(dict.fromkeys(name for *_, name in tied)), tied[0][1], tied[0][2])


def best_at(read: str, earliest: int, allele: str, shift: int) -> tuple[int, int, int]:
    """Score, first base and the base behind the last of the best run at one place (Kadane)."""
    best, score, start = (0, 0, 0), 0, max(earliest, shift)
    for i in range(max(earliest, shift), min(len(read), shift + len(allele))):
        score += 1 if read[i] == allele[i - shift] else 0 if read[i] == "N" else -1
        if score < 0:
            score, start = 0, i + 1
        if score > best[0]:
            best = (score, start, i + 1)
    return best


def best_pair(read: str, reference: Reference, locus: str) -> tuple[bool, Placed, Placed]:
    """Whether the other strand is better, its V, and the best J behind that."""
    strands = [read, reverse_complement(read)]
    vs = {s.allele: s.sequence for s in reference.select("V", locus)}
    js = {s.allele: s.sequence for s in reference.select("J", locus)}
    placed = [best_placed(strand, 0, vs) for strand in strands]
    turned = placed[1].score > placed[0].score
    v = placed[turned]
    return turned, v, best_placed(strands[turned], max(0, v.end - V_OVERSHOOT), js)
