"""How likely chance makes two mates agree where they seem to overlap.

Where two mates overlap: the place at which they are one fragment, and how sure that is.

A place is the length F of the fragment: base i of the first mate lies on base i, base i of the reversed second mate on
base ``F - len(second) + i``. Where F is shorter than a mate, the mate reads through into the adapter.
"""

from __future__ import annotations

from math import lgamma

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64, I64, U8, U64, N

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


MERGED, APART, AMBIGUOUS, MISMATCHING = range(4)

LEAST = 12
"""nt: no shorter overlap is looked at."""
FLOOR = 0.002
"""Errors per base below which a score is not believed: what qualities do not know of, in either mate."""
_SCORES = 94
_WORD = 32
_MIDDLE = 20
_LOW_BITS = np.uint64(0x5555555555555555)


def _match_probability() -> F64:
    """That two mates say the same of one base, by their Phred scores, shape (94, 94)."""
    error = np.clip(10.0 ** (-np.arange(_SCORES) / 10), FLOOR, 0.75)
    return (1 - error[:, None]) * (1 - error) + error[:, None] * error / 3


MATCH = _match_probability()
LOG_MATCH: F64 = np.log(MATCH)
LOG_MISMATCH: F64 = np.log(1 - MATCH)


@njit
def pack(codes: U8, words: U64) -> None:
    """Two bits a base, 32 bases a word, the first lowest; N as A. `words` ends with one word more."""
    for w in range(len(words)):
        words[w] = 0
    for i in range(len(codes)):
        words[i // _WORD] |= np.uint64(codes[i] & 3) << np.uint64(2 * (i % _WORD))


@njit
def word_at(words: U64, position: int) -> np.uint64:
    """32 bases from any position on."""
    shift = np.uint64(2 * (position % _WORD))
    low, high = words[position // _WORD], words[position // _WORD + 1]
    return np.uint64((low >> shift) | ((high << np.uint64(1)) << (np.uint64(63) - shift)))


@njit
def unequal(one: np.uint64, two: np.uint64) -> int:
    """Bases that differ between two words."""
    differ = one ^ two
    differ = (differ | (differ >> np.uint64(1))) & _LOW_BITS
    differ = (differ & np.uint64(0x3333333333333333)) + ((differ >> np.uint64(2)) & np.uint64(0x3333333333333333))
    differ = (differ + (differ >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    for shift in (8, 16, 32):
        differ += differ >> np.uint64(shift)
    return int(differ & np.uint64(0xFF))


@njit
def by_chance(one: U64, start: int, two: U64, begin: int, length: int) -> bool:
    """Whether an overlap looks like one of unrelated bases, of which three in four differ.

    Looked at are the 32 bases in the middle, where the better of the two mates is best, and then all: more than 20
    differ, or not at least three standard deviations less than by chance.
    """
    if length >= _WORD:
        middle = (length - _WORD) // 2
        if unequal(word_at(one, start + middle), word_at(two, begin + middle)) > _MIDDLE:
            return True
    limit = max(0, int(0.75 * length - 3.0 * np.sqrt(0.1875 * length)))
    found = 0
    for done in range(0, length, _WORD):
        left, right = word_at(one, start + done), word_at(two, begin + done)
        if length - done < _WORD:
            kept = (np.uint64(1) << np.uint64(2 * (length - done))) - np.uint64(1)
            left, right = left & kept, right & kept
        found += unequal(left, right)
        if found > limit:
            return True
    return False


@njit
def log_odds(
    one: U8, scores_1: U8, two: U8, scores_2: U8, fragment: int, log_base: F64, log_differ: float
) -> tuple[float, int, int, float]:
    """Log odds of an overlap against chance, its known bases, mismatches, and those that the qualities expect."""
    shift = fragment - len(two)
    odds = expected = 0.0
    bases = found = 0
    for i in range(max(0, shift), min(len(one), fragment)):
        a, b = one[i], two[i - shift]
        if max(a, b) == N:
            continue
        bases += 1
        q1, q2 = scores_1[i], scores_2[i - shift]
        expected += 1 - MATCH[q1, q2]
        if a == b:
            odds += LOG_MATCH[q1, q2] - log_base[a]
        else:
            odds += LOG_MISMATCH[q1, q2] - log_differ
            found += 1
    return odds, bases, found, expected


@njit
def find_overlaps(
    codes_1: U8, scores_1: U8, offsets_1: I64, codes_2: U8, scores_2: U8, offsets_2: I64, max_wrong: float
) -> tuple[I64, U8]:
    """The place of each pair, and whether it is sure.

    The place with the highest log odds by the qualities is taken (as PEAR, Zhang 2014,
    doi:10.1093/bioinformatics/btt593): ln(M / p_x) where both mates say x, ln((1 - M) / (1 - sum p^2)) where they
    differ, M the chance that they agree on one true base, p the pair's own composition.

    METHOD: a pair is merged where unrelated mates would have so few mismatches at any of the places tried with a
    probability of at most w, whether their bases are independent or of few letters; where there are no more
    mismatches than the qualities expect, e + 3 + 4 sqrt(e); and where the mates do not end in a tandem repeat, which
    fits at several places (`clonotrack.reads.kernels.overlap`).

    Args:
        codes_1: bases of the first mates.
        scores_1: their Phred scores.
        offsets_1: mate i is ``codes_1[offsets_1[i]:offsets_1[i + 1]]``.
        codes_2: bases of the second mates, reversed and complemented.
        scores_2: their scores, reversed.
        offsets_2: the same for them.
        max_wrong: w.

    Returns:
        Length of each fragment, 0 where the mates are not put together; and the outcome: MERGED, APART (no overlap),
        AMBIGUOUS (a repeat, few letters), MISMATCHING.
    """
    count = len(offsets_1) - 1
    fragments = np.zeros(count, dtype=np.int64)
    outcomes = np.full(count, APART, dtype=np.uint8)
    words_1, words_2 = np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.uint64)
    log_base = np.zeros(4)
    for i in range(count):
        one, two = codes_1[offsets_1[i] : offsets_1[i + 1]], codes_2[offsets_2[i] : offsets_2[i + 1]]
        if min(len(one), len(two)) < LEAST:
            continue
        phred_1, phred_2 = scores_1[offsets_1[i] : offsets_1[i + 1]], scores_2[offsets_2[i] : offsets_2[i + 1]]
        if len(one) // _WORD + 2 > len(words_1):
            words_1 = np.zeros(len(one) // _WORD + 2, dtype=np.uint64)
        if len(two) // _WORD + 2 > len(words_2):
            words_2 = np.zeros(len(two) // _WORD + 2, dtype=np.uint64)
        pack(one, words_1)
        pack(two, words_2)
        log_differ = composition(one, two, log_base)
        best = expected = 0.0
        place = bases = found = 0
        for fragment in range(LEAST, len(one) + len(two) - LEAST + 1):
            start = max(0, fragment - len(two))
            length = min(len(one), fragment) - start
            if by_chance(words_1, start, words_2, max(0, len(two) - fragment), length):
                continue
            odds, known, differing, mean = log_odds(one, phred_1, two, phred_2, fragment, log_base, log_differ)
            if odds > best:
                best, place, bases, found, expected = odds, fragment, known, differing, mean
        tried, same = len(one) + len(two) - 2.0 * LEAST + 1.0, 1.0 - np.exp(log_differ)
        if place == 0 or tried * as_few(bases, found, same) > max_wrong:
            continue
        start, end, begin = max(0, place - len(two)), min(len(one), place), max(0, len(two) - place)
        short = int(np.log(max_wrong / tried) / np.log(same))
        if found > expected + 3.0 + 4.0 * np.sqrt(expected):
            outcomes[i] = MISMATCHING
        elif tried * with_few_letters(one[start:end], found, log_base) > max_wrong or in_a_repeat(
            one, end, two, begin, end - start, found, short
        ):
            outcomes[i] = AMBIGUOUS
        else:
            outcomes[i] = MERGED
            fragments[i] = place
    return fragments, outcomes


@njit
def composition(one: U8, two: U8, log_base: F64) -> float:
    """Fill in the logarithm of each base's share in both mates; give back that of two bases being different."""
    counts = np.ones(4)
    for code in one:
        if code < N:
            counts[code] += 1.0
    for code in two:
        if code < N:
            counts[code] += 1.0
    total = counts.sum()
    same = 0.0
    for base in range(4):
        log_base[base] = np.log(counts[base] / total)
        same += (counts[base] / total) ** 2
    return float(np.log(1.0 - same))
