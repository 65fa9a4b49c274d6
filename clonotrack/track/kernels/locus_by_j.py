"""Find the locus of reads: the locus whose J segments cover most bases of a read.

A set of loci and strands is stored as one integer, called a mask. Bits 0 to 6 stand for the seven loci on the forward
strand, bits 7 to 13 for the same loci on the reverse strand.
"""

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
LOCUS_STRANDS = 2 * N_LOCI  # bits of a mask
STEP = 4  # distance between the starts of two sampled k-mers [nt]
MIN_RUN = K + STEP - 1  # shortest run [nt], see `add_runs`: a run of this length always contains a sampled k-mer
MIN_COVERED = 17  # fewest bases in runs of a locus for a read to belong to this locus
NO_LOCUS = N_LOCI

# ``_BIT[2**b % 19]`` is b: the powers 2^0 to 2^17 have different remainders when divided by 19.
_BIT = np.zeros(19, dtype=np.int64)
for _bit in range(18):
    _BIT[2**_bit % 19] = _bit


def loci_by_j(codes: U8, offsets: I64, masks: U16) -> U8:
    """Find the locus of each read by its J segment.

    Args:
        codes: bases of all reads.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, shape (reads + 1,).
        masks: mask of the loci and strands whose J segments contain each k-mer, shape (KMERS,).

    Returns:
        Number of the locus of each read, 0 to 6, or `NO_LOCUS`; shape (reads,).
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
    """Add the lengths of the runs around one sampled k-mer to the bases covered by each locus.

    A run of a locus is a stretch of the read of at least `MIN_RUN` nt. Every k-mer of a run occurs in a J segment of
    this locus, on the same strand. The function first goes left from the sampled k-mer, as long as each k-mer occurs in
    a J segment of any locus. From there it goes right and adds the runs.

    Args:
        codes: bases of all reads.
        start: index in `codes` of the first base of the read.
        end: index after the last base of the read.
        stop: index after the last base of the sampled k-mer.
        masks: mask of the loci and strands of each k-mer, see `loci_by_j`.
        covered: added to; bases in runs by locus and strand, shape (LOCUS_STRANDS,).

    Returns:
        Index after the last base visited; sampled k-mers that end at or before this index need no further call. Then
        the mask of the loci and strands that bases were added to.
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
    mask_1, mask_2, mask_3 = 0, 0, 0  # masks of the three k-mers before the current one
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
        if following == 0:  # a branch lets the processor load the next base before this mask has arrived
            break
        mask_1, mask_2, mask_3, mask = mask, mask_1, mask_2, following
        last += 1
    _add_run(current, earlier, n, covered)
    return last, added


@inlined
def _add_run(current: int, earlier: int, n: int, covered: I64) -> None:
    """Add a piece of runs to the bases covered by each locus.

    Args:
        current: mask of the loci and strands whose runs contain the piece.
        earlier: mask of the runs that contained the piece before. A run that is not in this mask begins here and adds
            its first ``MIN_RUN - 1`` nt too.
        n: length of the piece [nt].
        covered: added to; bases in runs by locus and strand, shape (LOCUS_STRANDS,).
    """
    while current:
        bit = _BIT[(current & -current) % 19]
        covered[bit] += n if earlier >> bit & 1 else n + MIN_RUN - 1
        current &= current - 1


@inlined
def best_locus(covered: I64, added: int) -> int:
    """Find the locus with the most bases covered on one strand.

    Args:
        covered: bases of the read in stretches of successive J k-mers, by locus and strand, shape
            (LOCUS_STRANDS,); reset to 0.
        added: mask of the elements of `covered` that are not 0.

    Returns:
        Number of the locus. `NO_LOCUS` if fewer than `MIN_COVERED` bases are covered, or if two loci cover equally
        many.
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
