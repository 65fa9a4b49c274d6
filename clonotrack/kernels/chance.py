"""How likely chance makes two mates agree where they seem to overlap."""

from __future__ import annotations

from math import lgamma

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import F64, U8, N

FEW_LETTERS = 0.01
"""Share of pairs thought beforehand to end in few letters."""
REPEATED, REPEATED_SHORT = 8, 4
"""Scores from which on a mate is in a tandem repeat: bases beyond one unit."""
PER_MISMATCH = 20
"""Bases among which a repeat has another mismatch behind its first."""


@njit
def as_few(bases: int, mismatches: int, same: float) -> float:
    """Probability of so few mismatches or fewer among unrelated bases that are equal with probability `same`."""
    term = lgamma(bases + 1.0) - lgamma(mismatches + 1.0) - lgamma(bases - mismatches + 1.0)
    term = np.exp(term + mismatches * np.log(1 - same) + (bases - mismatches) * np.log(same))
    total = 0.0
    for found in range(mismatches, -1, -1):
        total += term
        term *= found / (bases - found + 1) * same / (1 - same)
    return min(total, 1.0)


@njit
def with_few_letters(overlap: U8, mismatches: int, log_base: F64) -> float:
    """Probability of so few mismatches if both mates are made of few letters there, times that they are.

    METHOD: the odds that the bases of the overlap have a composition of their own, any beforehand (Dirichlet 1, 1, 1,
    1), against the pair's; then two bases are equal as that composition has it.

    Args:
        overlap: the bases of one mate.
        mismatches: among them.
        log_base: logarithm of each base's share in the pair.
    """
    counts = np.zeros(4)
    for code in overlap:
        if code < N:
            counts[code] += 1.0
    bases = counts.sum()
    odds = lgamma(4.0) - lgamma(bases + 4.0)
    same = 0.0
    for base in range(4):
        odds += lgamma(counts[base] + 1.0) - counts[base] * log_base[base]
        same += ((counts[base] + 1.0) / (bases + 4.0)) ** 2
    return float(np.exp(min(odds + np.log(FEW_LETTERS), 0.0)) * as_few(int(bases), mismatches, same))


@njit
def in_a_repeat(one: U8, end: int, two: U8, begin: int, length: int, mismatches: int, short: int) -> bool:
    """Whether both mates end toward each other in one tandem repeat.

    METHOD: mates in a repeat fit at several places, whether they overlap or not. A repeat of unit d is one where the
    overlap that is d shorter has few mismatches (one, up to two more where the overlap itself has some, and another for
    each `PER_MISMATCH` bases), and where the bases of both mates, from their ends on, are those d further inside, with
    a score (1 for a match, -2 for a mismatch) of `REPEATED`; of `REPEATED_SHORT` for units that chance would give both
    mates.

    Args:
        one: the first mate.
        end: of the overlap in it.
        two: the second mate, on the same strand.
        begin: of the overlap in it.
        length: of the overlap.
        mismatches: in the overlap.
        short: bases up to which a unit is short.
    """
    for unit in range(1, length):
        most = 1 + min(mismatches, 2) + (length - unit) // PER_MISMATCH
        found = 0
        for i in range(length - unit):
            found += one[end - length + unit + i] != two[begin + i]
            if found > most:
                break
        least = REPEATED_SHORT if unit <= short else REPEATED
        if found <= most and goes_on(one[:end][::-1], unit, least) and goes_on(two[begin:], unit, least):
            return True
    return False


@njit
def goes_on(codes: U8, unit: int, least: int) -> bool:
    """Whether bases are those `unit` behind them, from the first on, with a score of `least`."""
    score = 0
    for i in range(len(codes) - unit):
        score += 1 if codes[i] == codes[i + unit] else -2
        if score == least or score < -least:
            break
    return score == least
