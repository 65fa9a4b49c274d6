"""How much of a read is covered by the J segments of each locus, from a seed outwards."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8

U16: TypeAlias = NDArray[np.uint16]

K = 10  # nt of a seed: 2 bits a base, 4^10 keys
KEYS = 1 << (2 * K)
LOCI = 7
STRANDED = 2 * LOCI  # a bit per locus and strand: forward 0 to 6, reverse complement 7 to 13
PIECE = 13  # nt that a run needs at least: in any 13 nt a seed is sampled, see `clonotrack.kernels.scan`
COVERED = 16  # nt that have to be covered by such runs before a read is of the locus
NO_LOCUS = LOCI


@njit
def cover(codes: U8, start: int, end: int, stop: int, masks: U16, covered: I64, run: I64) -> int:
    """Add the runs around one seed to what is covered; give back where they end.

    A run of a locus is a stretch of the read in which every `K` nt occur, on one strand, in a J of that locus.
    Only maximal runs of at least `PIECE` nt count. The stretch around the seed in which every `K` nt occur in a J
    of any locus is walked once, to its left end and from there to its right end.

    Args:
        codes: of all reads.
        start: first base of the read.
        end: first base after the read.
        stop: first base after the seed, a stretch of `K` nt.
        masks: shape (KEYS,), the loci and strands that each key occurs in, a bit each.
        covered: shape (STRANDED,), nt in runs by locus and strand; added to.
        run: shape (STRANDED,), scratch; zero before and after.

    Returns:
        First base after the stretch; no other seed before it needs a call. `stop` where the seed is no key.
    """
    key = 0
    for i in range(stop - K, stop):
        if codes[i] > 3:
            return stop
        key = key << 2 | int(codes[i])
    first = stop - K
    left = key
    while first > start and codes[first - 1] <= 3:
        before = int(codes[first - 1]) << (2 * K - 2) | left >> 2
        if masks[before] == 0:
            break
        left, first = before, first - 1
    key, last, mask, current, n = left, first + K, int(masks[left]), 0, 0
    while mask:
        if mask != current:
            _change(current, mask, n, covered, run)
            current, n = mask, 0
        n += 1
        if last == end or codes[last] > 3:
            break
        key = (key << 2 | int(codes[last])) & (KEYS - 1)
        mask = int(masks[key])
        last += 1 if mask else 0
    _change(current, 0, n, covered, run)
    return last


@njit
def _change(current: int, following: int, n: int, covered: I64, run: I64) -> None:
    """Lengthen the runs of the `current` loci by `n` keys; end those that are not among the `following`."""
    for bit in range(STRANDED):
        if current >> bit & 1:
            run[bit] += n
            if not following >> bit & 1:
                if run[bit] + K - 1 >= PIECE:
                    covered[bit] += run[bit] + K - 1
                run[bit] = 0


@njit
def locus_of(covered: I64) -> int:
    """The locus with the most bases covered on one strand, `NO_LOCUS` where too few are or two loci are equal."""
    best, most = NO_LOCUS, COVERED - 1
    for locus in range(LOCI):
        here = max(covered[locus], covered[locus + LOCI])
        if here > most:
            best, most = locus, here
        elif here == most:
            best = NO_LOCUS
    return best
