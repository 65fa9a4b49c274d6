"""Compute the expected errors of reads from their Phred scores."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.kernels.swar import load_u64
from clonotrack.sequences import I64, U8, Bool

ERROR_UNIT = 10**9
"""Expected errors are integers in units of 1e-9 errors: the sum of integers does not depend on their order."""

EXPECTED_ERRORS: I64 = np.rint(ERROR_UNIT * 10.0 ** ((33 - np.arange(256)) / 10)).astype(np.int64)
"""Expected errors of one base in units of 1e-9, by the ASCII code of its quality character; shape (256,)."""

PHRED_OFFSET = 33
"""ASCII code of Phred score 0."""
MAX_PHRED = 93
BOUND_UNIT = ERROR_UNIT // 1000
"""Error bounds are integers in units of 1e-3 expected errors.

The bound of a base is 1 for a Phred score of 30 or more, 10 from 20 on, 100 from 10 on, and 1000 below 10.
"""
MAX_BASE_BOUND = 1000
"""Error bound of a base with a Phred score below 10, in units of `BOUND_UNIT`."""
INVALID_QUALITY = -1

_EACH = 0x0101010101010101  # times a byte: a number with this byte at all eight positions
_ZERO, _SEVEN, _EIGHT, _SIXTEEN = np.uint64(0), np.uint64(7), np.uint64(8), np.uint64(16)
_ONES, _LOW, _HIGH = np.uint64(_EACH), np.uint64(0x7F * _EACH), np.uint64(0x80 * _EACH)
# Added to a quality character, these bytes give 128 or more if the character reaches Phred score 0, 10, 20 or 30.
_TO_0, _TO_10, _TO_20, _TO_30 = (np.uint64((128 - PHRED_OFFSET - score) * _EACH) for score in (0, 10, 20, 30))
_EVEN_BYTES, _LOW_PAIR = np.uint64(0x00FF00FF00FF00FF), np.uint64(0xFFFF)
_MAX_WORDS = 255  # numbers of eight characters that can be counted before a byte of counts overflows


@inlined
def expected_error_bound(text: U8, start: int, length: int) -> int:
    """Compute an upper bound of the expected errors of a read, in units of `BOUND_UNIT`.

    Each Phred score is rounded down to 0, 10, 20 or 30. Eight quality characters, loaded as one number, are compared at
    once. A constant is added to each byte, so that the highest bit of a byte is set if its character reaches a score.

    Args:
        text: contains the qualities as characters.
        start: position in `text` of the first quality.
        length: number of qualities.

    Returns:
        The bound, or `INVALID_QUALITY` if a character is outside the range ``!`` to ``~``.
    """
    too_high, not_too_low = _ZERO, _HIGH  # a character above 126 sets bits of too_high, below 33 clears not_too_low
    ten, twenty, thirty = 0, 0, 0
    words = length >> 3  # numbers of eight characters
    for first in range(0, words, _MAX_WORDS):
        from_10, from_20, from_30 = _ZERO, _ZERO, _ZERO
        for i in range(first, min(words, first + _MAX_WORDS)):
            characters = load_u64(text, start + 8 * i)
            low = characters & _LOW
            too_high |= characters | (low + _ONES)
            not_too_low &= low + _TO_0
            from_10 += ((low + _TO_10) >> _SEVEN) & _ONES
            from_20 += ((low + _TO_20) >> _SEVEN) & _ONES
            from_30 += ((low + _TO_30) >> _SEVEN) & _ONES
        ten += _byte_sum(from_10)
        twenty += _byte_sum(from_20)
        thirty += _byte_sum(from_30)
    if too_high & _HIGH or not_too_low & _HIGH != _HIGH:
        return INVALID_QUALITY
    for i in range(start + 8 * words, start + length):
        score = int(text[i]) - PHRED_OFFSET
        if score < 0 or score > MAX_PHRED:
            return INVALID_QUALITY
        ten, twenty, thirty = ten + (score >= 10), twenty + (score >= 20), thirty + (score >= 30)
    return 1000 * length - 900 * ten - 90 * twenty - 9 * thirty


@leaf
def _byte_sum(counts: np.uint64) -> int:
    """Add the eight bytes of a number."""
    pairs = (counts & _EVEN_BYTES) + (counts >> _EIGHT & _EVEN_BYTES)
    total = 0
    for _ in range(4):
        total += int(pairs & _LOW_PAIR)
        pairs >>= _SIXTEEN
    return total


def exceed_error_rate(text: U8, starts: I64, lengths: I64, bounds: I64, limit: int) -> Bool:
    """Mark the reads with more expected errors per base than a limit.

    METHOD: the expected errors of a read are the sum of 10^(-Q/10) over its bases, Q the Phred score of a base (Edgar &
    Flyvbjerg 2015, doi:10.1093/bioinformatics/btv401). The sum is computed only for reads whose upper bound exceeds the
    limit. Few reads do, so most sums are saved.

    Args:
        text: contains the qualities as characters.
        starts: position in `text` of the first quality of each read, shape (n,).
        lengths: length of each read [nt], shape (n,).
        bounds: `expected_error_bound` of each read, shape (n,).
        limit: expected errors per base, in units of 1e-9.

    Returns:
        True for each read with more expected errors per base than `limit`, shape (n,).
    """
    exceeds = np.zeros(len(starts), dtype=np.bool_)
    _exceed_error_rate(text, starts, lengths, bounds, limit, exceeds)
    return exceeds


@leaf
def _exceed_error_rate(text: U8, starts: I64, lengths: I64, bounds: I64, limit: int, exceeds: Bool) -> None:
    """Write the marks; see `exceed_error_rate`."""
    for i in range(len(starts)):
        most = limit * lengths[i]
        if bounds[i] * BOUND_UNIT > most:
            total = 0
            for j in range(starts[i], starts[i] + lengths[i]):
                total += EXPECTED_ERRORS[text[j]]
            exceeds[i] = total > most
