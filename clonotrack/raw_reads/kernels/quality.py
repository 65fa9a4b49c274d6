"""Expected errors of reads, from their Phred scores."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.kernels.swar import load_u64
from clonotrack.sequences import I64, U8, Bool

UNIT = 10**9
"""Expected errors are counted in billionths: sums of whole numbers do not depend on their order."""

ERRORS: I64 = np.rint(UNIT * 10.0 ** ((33 - np.arange(256)) / 10)).astype(np.int64)
"""Billionths of an error at each letter of a quality line."""

ZERO = 33  # the letter of Phred score 0
HIGHEST = 93  # Phred score of the last letter, ~
BOUND = UNIT // 1000  # of a base of Phred 30 or more; ten, a hundred, a thousand times that from 20, 10 and 0 on
NO_QUALITY = -1
WORST = 1000  # of a base, in units of `BOUND`

_EACH = 0x0101010101010101
_NONE, _SEVEN, _EIGHT, _SIXTEEN = np.uint64(0), np.uint64(7), np.uint64(8), np.uint64(16)
_ONES, _LOW, _HIGH = np.uint64(_EACH), np.uint64(0x7F * _EACH), np.uint64(0x80 * _EACH)
_TO_0, _TO_10, _TO_20, _TO_30 = (np.uint64((128 - ZERO - score) * _EACH) for score in (0, 10, 20, 30))
_PAIRS, _PAIR = np.uint64(0x00FF00FF00FF00FF), np.uint64(0xFFFF)
_BLOCK = 255  # words of eight letters whose counts fit into a byte each


@njit
def error_bound(text: U8, start: int, length: int) -> int:
    """No fewer than the expected errors of the qualities, in units of `BOUND`; `NO_QUALITY` where a letter is none.

    Each score is rounded down to 0, 10, 20 or 30. Eight letters at once: a sum of two bytes below 128 stays in its
    byte, and its highest bit says whether the letter reaches a score.
    """
    worst, best = _NONE, _HIGH  # bits that a letter above 126 sets; that one below 33 clears
    ten, twenty, thirty = 0, 0, 0
    words = length >> 3
    for block in range(0, words, _BLOCK):
        from_10, from_20, from_30 = _NONE, _NONE, _NONE
        for i in range(block, min(words, block + _BLOCK)):
            letters = load_u64(text, start + 8 * i)
            low = letters & _LOW
            worst |= letters | (low + _ONES)
            best &= low + _TO_0
            from_10 += ((low + _TO_10) >> _SEVEN) & _ONES
            from_20 += ((low + _TO_20) >> _SEVEN) & _ONES
            from_30 += ((low + _TO_30) >> _SEVEN) & _ONES
        ten, twenty, thirty = ten + _total(from_10), twenty + _total(from_20), thirty + _total(from_30)
    if worst & _HIGH or best & _HIGH != _HIGH:
        return NO_QUALITY
    for i in range(start + 8 * words, start + length):
        score = int(text[i]) - ZERO
        if score < 0 or score > HIGHEST:
            return NO_QUALITY
        ten, twenty, thirty = ten + (score >= 10), twenty + (score >= 20), thirty + (score >= 30)
    return 1000 * length - 900 * ten - 90 * twenty - 9 * thirty


@njit
def _total(counts: np.uint64) -> int:
    """Sum of eight bytes."""
    pairs = (counts & _PAIRS) + (counts >> _EIGHT & _PAIRS)
    total = 0
    for _ in range(4):
        total += int(pairs & _PAIR)
        pairs >>= _SIXTEEN
    return total


@njit
def poor_reads(text: U8, starts: I64, lengths: I64, bounds: I64, limit: int) -> Bool:
    """Which reads have more expected errors per base than a limit.

    METHOD: the expected number of errors of a read is the sum of 10^(-Q/10) over its bases (Edgar & Flyvbjerg 2015,
    doi:10.1093/bioinformatics/btv401). Most reads are so good that a bound of it decides.

    Args:
        text: holds the qualities, as letters.
        starts: read i has the qualities from ``text[starts[i]]`` on.
        lengths: bases of each read.
        bounds: from `error_bound`.
        limit: billionths of an error per base.
    """
    poor = np.zeros(len(starts), dtype=np.bool_)
    for i in range(len(starts)):
        most = limit * lengths[i]
        if bounds[i] * BOUND > most:
            total = 0
            for j in range(starts[i], starts[i] + lengths[i]):
                total += ERRORS[text[j]]
            poor[i] = total > most
    return poor
