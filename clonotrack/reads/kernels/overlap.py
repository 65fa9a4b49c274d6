"""Find where two mates overlap and decide whether the overlap is certain.

An overlap is described by the length F of the fragment [nt]. Base i of the first mate lies at position i of the
fragment. Base i of the second mate, reversed and complemented, lies at position ``F - len(second) + i``. If F is less
than the length of a mate, that mate reads through into the adapter.
"""

from __future__ import annotations

from math import lgamma

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64, I64, U8, U64, N

MERGED, NOT_OVERLAPPING, AMBIGUOUS, MISMATCHING = range(4)
"""Outcomes of a pair."""

MIN_OVERLAP = 12
"""Shortest overlap that is tried [nt]."""
MIN_ERROR = 0.002
"""Lowest error probability of a base, whatever its Phred score: Phred scores do not cover errors before sequencing."""
LOW_COMPLEXITY_PRIOR = 0.01
"""Prior probability that both mates end in a sequence of low complexity, such as poly-A."""
REPEAT_SCORE, SHORT_REPEAT_SCORE = 8, 4
"""Scores from which a mate counts as ending in a tandem repeat, for long and for short repeat units."""
BASES_PER_MISMATCH = 20
"""Number of bases of a repeat for each mismatch that is allowed in addition to the first mismatch."""

_SCORES = 94
_WORD = 32  # bases that are packed in one 64-bit number, called a word
_MAX_MIDDLE_MISMATCHES = 20
_LOW_BITS = np.uint64(0x5555555555555555)


def _match_probability() -> F64:
    """Compute the probability that two mates read the same base, for each pair of Phred scores, shape (94, 94)."""
    error = np.clip(10.0 ** (-np.arange(_SCORES) / 10), MIN_ERROR, 0.75)
    return (1 - error[:, None]) * (1 - error) + error[:, None] * error / 3


MATCH = _match_probability()
# Natural logarithms.
LOG_MATCH: F64 = np.log(MATCH)
LOG_MISMATCH: F64 = np.log(1 - MATCH)


@njit
def find_overlaps(
    codes_1: U8, scores_1: U8, offsets_1: I64, codes_2: U8, scores_2: U8, offsets_2: I64, max_false_merge: float
) -> tuple[I64, U8]:
    """Find the best overlap of each pair of mates and decide whether to merge them.

    METHOD: the overlap with the highest log odds is taken, as in PEAR (Zhang 2014, doi:10.1093/bioinformatics/btt593).
    A base x that both mates have adds ln(M / p_x); a mismatch adds ln((1 - M) / (1 - sum p^2)). M is the probability
    that both mates read one true base alike, computed from the Phred scores. p_x is the share of base x in the pair.

    METHOD: a pair is merged if three conditions hold.
    (1) The probability is at most w that unrelated mates have this number of mismatches or fewer in any overlap tried.
    This must hold for independent bases and for bases of low complexity.
    (2) There are at most e + 3 + 4 sqrt(e) mismatches; e is the number of mismatches that the Phred scores predict.
    (3) The mates do not end in a tandem repeat, because a repeat would fit at several positions.

    Args:
        codes_1: bases of the first mates.
        scores_1: Phred scores of the first mates.
        offsets_1: first mate i is ``codes_1[offsets_1[i]:offsets_1[i + 1]]``.
        codes_2: bases of the second mates, reversed and complemented.
        scores_2: Phred scores of the second mates, reversed.
        offsets_2: second mate i is ``codes_2[offsets_2[i]:offsets_2[i + 1]]``.
        max_false_merge: w, highest probability that unrelated mates are merged.

    Returns:
        Length of each fragment [nt], 0 if the pair is not merged, shape (n,). Then the outcome of each pair, shape
        (n,): `MERGED`, `NOT_OVERLAPPING` (condition 1 fails for independent bases), `MISMATCHING` (condition 2 fails)
        or `AMBIGUOUS` (low complexity or a repeat).
    """
    count = len(offsets_1) - 1
    fragment_lengths = np.zeros(count, dtype=np.int64)
    outcomes = np.full(count, NOT_OVERLAPPING, dtype=np.uint8)
    words_1, words_2 = np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.uint64)
    log_base = np.zeros(4)
    for i in range(count):
        one, two = codes_1[offsets_1[i] : offsets_1[i + 1]], codes_2[offsets_2[i] : offsets_2[i + 1]]
        if min(len(one), len(two)) < MIN_OVERLAP:
            continue
        phred_1, phred_2 = scores_1[offsets_1[i] : offsets_1[i + 1]], scores_2[offsets_2[i] : offsets_2[i + 1]]
        if len(one) // _WORD + 2 > len(words_1):
            words_1 = np.zeros(len(one) // _WORD + 2, dtype=np.uint64)
        if len(two) // _WORD + 2 > len(words_2):
            words_2 = np.zeros(len(two) // _WORD + 2, dtype=np.uint64)
        pack_2_bits(one, words_1)
        pack_2_bits(two, words_2)
        log_differ = composition(one, two, log_base)
        best_odds = expected = 0.0
        fragment = bases = mismatches = 0
        for length in range(MIN_OVERLAP, len(one) + len(two) - MIN_OVERLAP + 1):
            start = max(0, length - len(two))
            overlap = min(len(one), length) - start
            if looks_unrelated(words_1, start, words_2, max(0, len(two) - length), overlap):
                continue
            odds, known, differing, mean = log_odds(one, phred_1, two, phred_2, length, log_base, log_differ)
            if odds > best_odds:
                best_odds, fragment, bases, mismatches, expected = odds, length, known, differing, mean
        tried, same = len(one) + len(two) - 2.0 * MIN_OVERLAP + 1.0, 1.0 - np.exp(log_differ)
        if fragment == 0 or tried * mismatch_probability(bases, mismatches, same) > max_false_merge:
            continue
        start, end, start_2 = max(0, fragment - len(two)), min(len(one), fragment), max(0, len(two) - fragment)
        max_short_unit = int(np.log(max_false_merge / tried) / np.log(same))
        if mismatches > expected + 3.0 + 4.0 * np.sqrt(expected):
            outcomes[i] = MISMATCHING
        elif tried * low_complexity_probability(one[start:end], mismatches, log_base) > max_false_merge or (
            ends_in_repeat(one, end, two, start_2, end - start, mismatches, max_short_unit)
        ):
            outcomes[i] = AMBIGUOUS
        else:
            outcomes[i] = MERGED
            fragment_lengths[i] = fragment
    return fragment_lengths, outcomes


@njit
def composition(one: U8, two: U8, log_base: F64) -> float:
    """Compute the base composition of a pair of mates, with one added count for each base.

    Args:
        one: bases of the first mate.
        two: bases of the second mate.
        log_base: written with ln p, p the share of each base, shape (4,).

    Returns:
        ln(1 - sum p^2), the logarithm of the probability that two random bases of the pair differ.
    """
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


@njit
def pack_2_bits(codes: U8, words: U64) -> None:
    """Pack bases in 64-bit words: two bits a base, 32 bases a word, the first base in the lowest bits, N as A.

    Args:
        codes: bases, shape (n,).
        words: written; needs n // 32 + 2 or more elements, so that `word_at` can read past the last base.
    """
    for w in range(len(words)):
        words[w] = 0
    for i in range(len(codes)):
        words[i // _WORD] |= np.uint64(codes[i] & 3) << np.uint64(2 * (i % _WORD))


@njit
def word_at(words: U64, position: int) -> np.uint64:
    """Return the 32 bases from `position` on as one word; see `pack_2_bits`."""
    shift = np.uint64(2 * (position % _WORD))
    low, high = words[position // _WORD], words[position // _WORD + 1]
    return np.uint64((low >> shift) | ((high << np.uint64(1)) << (np.uint64(63) - shift)))


@njit
def count_mismatches(one: np.uint64, two: np.uint64) -> int:
    """Count the bases that differ between two words of 32 packed bases."""
    differ = one ^ two
    differ = (differ | (differ >> np.uint64(1))) & _LOW_BITS
    differ = (differ & np.uint64(0x3333333333333333)) + ((differ >> np.uint64(2)) & np.uint64(0x3333333333333333))
    differ = (differ + (differ >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    for shift in (8, 16, 32):
        differ += differ >> np.uint64(shift)
    return int(differ & np.uint64(0xFF))


@njit
def looks_unrelated(one: U64, start_1: int, two: U64, start_2: int, length: int) -> bool:
    """Report whether an overlap has so many mismatches that the mates look unrelated there.

    METHOD: three in four bases of unrelated mates differ. This prefilter rejects an overlap with more than 20
    mismatches in its middle 32 bases, where the sum of the Phred scores of both mates is highest. It also rejects an
    overlap of length L whose mismatches exceed 0.75 L minus three standard deviations (binomial distribution).

    Args:
        one: bases of the first mate, from `pack_2_bits`.
        start_1: position of the overlap in the first mate.
        two: bases of the second mate, from `pack_2_bits`.
        start_2: position of the overlap in the second mate.
        length: length of the overlap [nt].
    """
    if length >= _WORD:
        middle = (length - _WORD) // 2
        if count_mismatches(word_at(one, start_1 + middle), word_at(two, start_2 + middle)) > _MAX_MIDDLE_MISMATCHES:
            return True
    limit = max(0, int(0.75 * length - 3.0 * np.sqrt(0.1875 * length)))
    mismatches = 0
    for done in range(0, length, _WORD):
        left, right = word_at(one, start_1 + done), word_at(two, start_2 + done)
        if length - done < _WORD:
            kept = (np.uint64(1) << np.uint64(2 * (length - done))) - np.uint64(1)
            left, right = left & kept, right & kept
        mismatches += count_mismatches(left, right)
        if mismatches > limit:
            return True
    return False


@njit
def log_odds(
    one: U8, scores_1: U8, two: U8, scores_2: U8, fragment: int, log_base: F64, log_differ: float
) -> tuple[float, int, int, float]:
    """Compute the log odds of an overlap against unrelated mates; positions with an N in either mate are left out.

    Args:
        one: bases of the first mate.
        scores_1: Phred scores of the first mate.
        two: bases of the second mate, reversed and complemented.
        scores_2: Phred scores of the second mate, reversed.
        fragment: length of the fragment [nt].
        log_base: ln of each base's share in the pair, shape (4,).
        log_differ: ln of the probability that two random bases of the pair differ.

    Returns:
        Natural logarithm of the odds, number of bases compared, number of mismatches, and the number of mismatches that
        the Phred scores predict.
    """
    shift = fragment - len(two)
    odds = expected = 0.0
    bases = mismatches = 0
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
            mismatches += 1
    return odds, bases, mismatches, expected


@njit
def mismatch_probability(bases: int, mismatches: int, same: float) -> float:
    """Compute the binomial probability of at most `mismatches` mismatches.

    Args:
        bases: number of bases compared.
        mismatches: most mismatches.
        same: probability that two bases are equal.
    """
    term = lgamma(bases + 1.0) - lgamma(mismatches + 1.0) - lgamma(bases - mismatches + 1.0)
    term = np.exp(term + mismatches * np.log(1 - same) + (bases - mismatches) * np.log(same))
    total = 0.0
    for count in range(mismatches, -1, -1):
        total += term
        term *= count / (bases - count + 1) * same / (1 - same)
    return min(total, 1.0)


@njit
def low_complexity_probability(overlap: U8, mismatches: int, log_base: F64) -> float:
    """Compute the probability of at most `mismatches` mismatches between unrelated mates of low complexity.

    METHOD: two hypotheses are compared. Either the overlap has the composition of the pair, or it has a composition q
    of its own, with a Dirichlet(1, 1, 1, 1) prior. The prior odds of the second hypothesis are `LOW_COMPLEXITY_PRIOR`.
    Its posterior odds, at most 1, are multiplied by the binomial probability of the mismatches. In that binomial
    distribution two bases are equal with probability sum q^2.

    Args:
        overlap: bases of one mate in the overlap.
        mismatches: mismatches in the overlap.
        log_base: ln of each base's share in the pair, shape (4,).
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
    return float(
        np.exp(min(odds + np.log(LOW_COMPLEXITY_PRIOR), 0.0)) * mismatch_probability(int(bases), mismatches, same)
    )


@njit
def ends_in_repeat(one: U8, end: int, two: U8, start: int, length: int, mismatches: int, max_short_unit: int) -> bool:
    """Report whether both mates end in one tandem repeat, at the ends that overlap.

    METHOD: mates in a repeat fit at several positions, whether they overlap or not. The mates end in a repeat of unit
    length d if two conditions hold.
    (1) The overlap shortened by d has at most 1 + min(m, 2) + L / 20 mismatches. Here m is the number of mismatches of
    the whole overlap, and L the length of the shortened overlap.
    (2) Each mate is compared, from its end inwards, with itself shifted by d bases. A match scores 1, a mismatch -2,
    and the sum must reach `REPEAT_SCORE`. For short units, which unrelated mates could share by chance,
    `SHORT_REPEAT_SCORE` is enough.

    Args:
        one: bases of the first mate.
        end: position after the overlap in the first mate.
        two: bases of the second mate, reversed and complemented.
        start: position of the overlap in the second mate.
        length: length of the overlap [nt].
        mismatches: mismatches in the overlap.
        max_short_unit: longest short unit [nt].
    """
    for unit in range(1, length):
        limit = 1 + min(mismatches, 2) + (length - unit) // BASES_PER_MISMATCH
        shifted = 0  # mismatches of the shortened overlap
        for i in range(length - unit):
            shifted += one[end - length + unit + i] != two[start + i]
            if shifted > limit:
                break
        score = SHORT_REPEAT_SCORE if unit <= max_short_unit else REPEAT_SCORE
        if shifted <= limit and is_repeat(one[:end][::-1], unit, score) and is_repeat(two[start:], unit, score):
            return True
    return False


@njit
def is_repeat(codes: U8, unit: int, min_score: int) -> bool:
    """Report whether a sequence begins with a tandem repeat.

    From the first base on, each base is compared with the base `unit` positions later. A match scores 1, a mismatch -2.

    Args:
        codes: bases.
        unit: length of the repeat unit [nt].
        min_score: sum of scores that makes a repeat; a sum below ``-min_score`` ends the comparison.
    """
    score = 0
    for i in range(len(codes) - unit):
        score += 1 if codes[i] == codes[i + unit] else -2
        if score == min_score or score < -min_score:
            break
    return score == min_score
