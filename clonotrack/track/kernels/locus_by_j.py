"""How much of a read is covered by the J segments of each locus, from a seed outwards."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8

U16: TypeAlias = NDArray[np.uint16]

K = 10  # nt of a seed: 2 bits a base, 4^10 keys
KEYS = 1 << (2 * K)
LOCI = 7
STRANDED = 2 * LOCI  # a bit per locus and strand: forward 0 to 6, reverse complement 7 to 13
WORD = 4  # distance of the seeds that are looked at, bases from one to the next
PIECE = K + WORD - 1  # nt that a run needs at least: in so many a whole seed is looked at, wherever they begin
COVERED = 17  # nt that have to be covered by such runs before a read is of the locus
NO_LOCUS = LOCI

# Number of the bit of a power of two: 2^0 to 2^17 leave different remainders when divided by 19.
_BIT = np.zeros(19, dtype=np.int64)
for _bit in range(18):
    _BIT[2**_bit % 19] = _bit


@njit
def loci(codes: U8, offsets: I64, masks: U16) -> U8:
    """Which locus each read is of, by its J; `NO_LOCUS` where none can be told.

    Args:
        codes: of all reads.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``.
        masks: shape (KEYS,), the loci and strands that each key occurs in, a bit each.
    """
    found = np.empty(len(offsets) - 1, dtype=np.uint8)
    covered = np.zeros(STRANDED, np.int64)
    for i in range(len(found)):
        start, end = offsets[i], offsets[i + 1]
        walked, added, stop = start, 0, start + K
        while stop <= end:
            if stop > walked:
                key = 0
                for j in range(stop - K, stop):
                    key = key << 2 | int(codes[j]) & 3
                if masks[key]:
                    walked, here = cover(codes, start, end, stop, masks, covered)
                    added |= here
            stop += WORD
        found[i] = locus_of(covered, added)
    return found


@njit
def cover(codes: U8, start: int, end: int, stop: int, masks: U16, covered: I64) -> tuple[int, int]:
    """Add the runs around one seed to what is covered; give back where they end.

    A run of a locus is a stretch of at least `PIECE` nt of the read in which every `K` nt occur, on one strand, in
    a J of that locus. The stretch around the seed in which every `K` nt occur in a J of any locus is walked: to
    its left end, and from there to its right end.

    Args:
        codes: of all reads.
        start: first base of the read.
        end: first base after the read.
        stop: first base after the seed, a stretch of `K` nt.
        masks: shape (KEYS,), the loci and strands that each key occurs in, a bit each.
        covered: shape (STRANDED,), nt in runs by locus and strand; added to.

    Returns:
        First base after the stretch, no other seed before it needs a call; and to what was added, a bit each.
    """
    key = 0
    for i in range(stop - K, stop):
        if codes[i] > 3:
            return stop, 0
        key = key << 2 | int(codes[i])
    first = stop - K
    while first > start and codes[first - 1] <= 3:
        before = int(codes[first - 1]) << (2 * K - 2) | key >> 2
        if masks[before] == 0:
            break
        key, first = before, first - 1
    last, mask = first + K, int(masks[key])
    mask_1, mask_2, mask_3 = 0, 0, 0  # of the last three keys
    added, earlier, current, n = 0, 0, 0, 0  # loci, and those whose run held the last PIECE nt
    while mask:
        held = mask & mask_1 & mask_2 & mask_3
        if held != current:
            _add(current, earlier, n, covered)
            added, earlier, current, n = added | held, current, held, 0
        n += 1
        if last == end or codes[last] > 3:
            break
        key = (key << 2 | int(codes[last])) & (KEYS - 1)
        following = int(masks[key])
        if following == 0:  # a branch, not arithmetic: the next base is loaded before this mask has arrived
            break
        mask_1, mask_2, mask_3, mask = mask, mask_1, mask_2, following
        last += 1
    _add(current, earlier, n, covered)
    return last, added


@njit
def _add(current: int, earlier: int, n: int, covered: I64) -> None:
    """Count `n` more nt for the runs of the `current` loci, all of `PIECE` for those that have just begun."""
    while current:
        bit = _BIT[(current & -current) % 19]
        covered[bit] += n if earlier >> bit & 1 else n + PIECE - 1
        current &= current - 1


@njit
def locus_of(covered: I64, added: int) -> int:
    """The locus with the most bases covered on one strand, `NO_LOCUS` where too few are or two loci are equal.

    Args:
        covered: shape (STRANDED,), nt in runs by locus and strand; set to zero again.
        added: those that are not zero, a bit each.
    """
    best, most = NO_LOCUS, COVERED - 1
    while added:
        bit = _BIT[(added & -added) % 19]
        added &= added - 1
        locus, here = bit % LOCI, covered[bit]
        covered[bit] = 0
        if here > most:
            best, most = locus, here
        elif here == most and locus != best:
            best = NO_LOCUS
    return best
