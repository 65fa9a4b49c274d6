"""Naive twin of `clonotrack.kernels.pairing` and `placement`: every allele at every place of both strands."""

from __future__ import annotations

from dataclasses import dataclass

from clonotrack.germline import Reference
from clonotrack.kernels.pairing import V_OVERSHOOT
from clonotrack.sequence import reverse_complement


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
