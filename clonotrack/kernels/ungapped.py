"""Alignment without gaps: a read and an allele laid beside each other at a given place."""

from __future__ import annotations

import math

from clonotrack.kernels.jit import leaf
from clonotrack.sequence import U8, N

# METHOD: Karlin-Altschul parameters of 1/-1, 1/-2 and 1/-3 without gaps (Altschul 1997, NAR 25:3389; blastn).
LAMBDA = (1.0986, 1.33, 1.374)
K = (0.333, 0.621, 0.711)


@leaf
def count_matches(read: U8, germline: U8) -> int:
    """Equal bases of two stretches of one length; an unknown base equals none in an allele (see `Segments`)."""
    matches = 0
    for i in range(len(read)):
        matches += read[i] == germline[i]
    return matches


@leaf
def best_run(read: U8, germline: U8, cost: int) -> tuple[int, int, int]:
    """The run with the highest score: 1 for a match, -cost for a mismatch, 0 for an unknown base of the read.

    METHOD: a cost of 1 has its optimum at about 75 % identity (States, Gish and Altschul 1991, Methods 3:66), the far
    end of somatic hypermutation; random sequence still scores below zero on average (-0.5 a base).

    Args:
        read: a stretch of the read.
        germline: the stretch of an allele beside it, of the same length.
        cost: of a mismatch, in matches.

    Returns:
        Score (0 if nothing matches), first base and the base behind the last. Among equals the one that ends first, and
        of these the longest that begins with a match.
    """
    best = 0
    best_first = 0
    best_last = 0
    score = 0
    first = 0
    for i in range(len(read)):
        if read[i] == germline[i]:
            score += 1
            if score > best:
                best = score
                best_first = first
                best_last = i + 1
        elif read[i] != N:
            score -= cost
            if score < 0:
                score = 0
                first = i + 1
    while best_first < best_last and read[best_first] != germline[best_first]:
        best_first += 1
    return best, best_first, best_last


@leaf
def expected_by_chance(score: int, cost: int, searched: int) -> float:
    """Matches of at least this score that random sequence has (E-value).

    Args:
        score: of `best_run`.
        cost: of a mismatch, 1 to 3.
        searched: bases of the read times bases of all alleles.
    """
    return K[cost - 1] * searched * math.exp(-LAMBDA[cost - 1] * score)


@leaf
def least_by_chance(most: float, cost: int, searched: int) -> int:
    """The least score, 1 or more, of which random sequence has at most so many matches; see `expected_by_chance`."""
    if searched <= 0:
        return 1
    score = max(1, int(math.log(K[cost - 1] * searched / most) / LAMBDA[cost - 1]))
    while expected_by_chance(score, cost, searched) > most:
        score += 1
    return score


@leaf
def tail_to_trim(read: U8, read_last: int, germline: U8, germline_last: int, longest: int, penalty: float) -> int:
    """How many bases at the 3' end are more likely chance than germline.

    METHOD: `best_run` accepts short chance matches behind a segment's true end, since its penalty is made for
    hypermutated reads. Here a mismatch costs what it is worth at the substitution rate of this very read (log odds).

    Args:
        read: codes of the read.
        read_last: the last aligned base.
        germline: codes of the allele.
        germline_last: the base beside it.
        longest: most bases that are looked at.
        penalty: cost of a mismatch in matches.

    Returns:
        Length of the tail with the lowest negative score; 0 where every tail speaks for the germline.
    """
    lowest = 0.0
    trimmed = 0
    score = 0.0
    for i in range(longest):
        base = read[read_last - i]
        if base == germline[germline_last - i]:
            score += 1.0
        elif base != N:
            score -= penalty
        if score < lowest:
            lowest = score
            trimmed = i + 1
    return trimmed


@leaf
def head_to_trim(read: U8, read_first: int, germline: U8, germline_first: int, longest: int, penalty: float) -> int:
    """`tail_to_trim` for the 5' end: how many bases from `read_first` on are more likely chance than germline."""
    lowest = 0.0
    trimmed = 0
    score = 0.0
    for i in range(longest):
        base = read[read_first + i]
        if base == germline[germline_first + i]:
            score += 1.0
        elif base != N:
            score -= penalty
        if score < lowest:
            lowest = score
            trimmed = i + 1
    return trimmed
