"""Find the locus of reads by their J segment: the locus whose J segments cover most of a read."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8

U16: TypeAlias = NDArray[np.uint16]

K = 10  # length of a k-mer [nt]; its value has 2 bits a base
KMERS = 1 << (2 * K)
N_LOCI = 7
LOCUS_STRANDS = 2 * N_LOCI  # bits of a mask: one per locus and strand, forward 0 to 6, reverse complement 7 to 13
STEP = 4  # bases between two sampled k-mers
MIN_RUN = K + STEP - 1  # least length of a run [nt]: it contains a sampled k-mer wherever it begins
MIN_COVERED = 17  # least bases in runs before a read belongs to a locus
NO_LOCUS = N_LOCI

# Number of the bit that is set in a power of two: 2^0 to 2^17 leave different remainders when divided by 19.
_BIT = np.zeros(19, dtype=np.int64)
for _bit in range(18):
    _BIT[2**_bit % 19] = _bit


def loci_by_j(codes: U8, offsets: I64, masks: U16) -> U8:
    """Find the locus of each read by its J segment.

    Args:
        codes: of all reads.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``.
        masks: shape (KMERS,); the loci and strands whose J segments contain each k-mer, one bit each.

    Returns:
        Shape (reads,); index of the locus, or `NO_LOCUS`.
    """
    loci = np.empty(len(offsets) - 1, dtype=np.uint8)
    _loci_by_j(codes, offsets, masks, np.zeros(LOCUS_STRANDS, np.int64), loci)
    return loci


@leaf
def _loci_by_j(codes: U8, offsets: I64, masks: U16, covered: I64, loci: U8) -> None:
    """Write the locus of each read; `covered` is scratch, all 0; see `loci_by_j`."""
    for i in range(len(loci)):
        start, end = offsets[i], offsets[i + 1]
        walked, added, stop = start, 0, start + K
        while stop <= end:
            if stop > walked:
                kmer = 0
                for j in range(stop - K, stop):
                    kmer = kmer << 2 | int(codes[j]) & 3
                if masks[kmer]:
                    walked, here = add_runs(codes, start, end, stop, masks, covered)
                    added |= here
            stop += STEP
        loci[i] = best_locus(covered, added)


@inlined
def add_runs(codes: U8, start: int, end: int, stop: int, masks: U16, covered: I64) -> tuple[int, int]:
    """Add the runs around one sampled k-mer to the covered bases.

    A run of a locus is a stretch of at least `MIN_RUN` nt of the read in which every k-mer occurs, on one strand, in a
    J of that locus. The function walks over the stretch in which every k-mer occurs in a J of any locus: from the
    sampled k-mer to the left end, and from there to the right end.

    Args:
        codes: of all reads.
        start: first base of the read.
        end: the base after the read.
        stop: the base after the sampled k-mer.
        masks: shape (KMERS,); see `loci_by_j`.
        covered: shape (LOCUS_STRANDS,), bases in runs by locus and strand; added to.

    Returns:
        The base after the stretch (no sampled k-mer before it needs another call), and the loci and strands that bases
        were added to, one bit each.
    """
    kmer = 0
    for i in range(stop - K, stop):
        if codes[i] > 3:
            return stop, 0
        kmer = kmer << 2 | int(codes[i])
    first = stop - K
    while first > start and codes[first - 1] <= 3:
        before = int(codes[first - 1]) << (2 * K - 2) | kmer >> 2
        if masks[before] == 0:
            break
        kmer, first = before, first - 1
    last, mask = first + K, int(masks[kmer])
    mask_1, mask_2, mask_3 = 0, 0, 0  # of the last three k-mers
    added, earlier, current, n = 0, 0, 0, 0  # `current`: loci whose run contains the last MIN_RUN nt
    while mask:
        in_run = mask & mask_1 & mask_2 & mask_3
        if in_run != current:
            _add_run(current, earlier, n, covered)
            added, earlier, current, n = added | in_run, current, in_run, 0
        n += 1
        if last == end or codes[last] > 3:
            break
        kmer = (kmer << 2 | int(codes[last])) & (KMERS - 1)
        following = int(masks[kmer])
        if following == 0:  # a branch, not arithmetic: the next base is loaded before this mask has arrived
            break
        mask_1, mask_2, mask_3, mask = mask, mask_1, mask_2, following
        last += 1
    _add_run(current, earlier, n, covered)
    return last, added


@inlined
def _add_run(current: int, earlier: int, n: int, covered: I64) -> None:
    """Add `n` nt for the runs of the `current` loci; a run that has just begun adds all of its `MIN_RUN` nt."""
    while current:
        bit = _BIT[(current & -current) % 19]
        covered[bit] += n if earlier >> bit & 1 else n + MIN_RUN - 1
        current &= current - 1


@inlined
def best_locus(covered: I64, added: int) -> int:
    """Find the locus with the most bases covered on one strand.

    Args:
        covered: shape (LOCUS_STRANDS,), bases in runs by locus and strand; reset to 0.
        added: elements of `covered` that are not 0, one bit each.

    Returns:
        Index of the locus; `NO_LOCUS` if fewer than `MIN_COVERED` bases are covered or two loci are equal.
    """
    best, most = NO_LOCUS, MIN_COVERED - 1
    while added:
        bit = _BIT[(added & -added) % 19]
        added &= added - 1
        locus, here = bit % N_LOCI, covered[bit]
        covered[bit] = 0
        if here > most:
            best, most = locus, here
        elif here == most and locus != best:
            best = NO_LOCUS
    return best
