"""Count the fragments of a tube by locus and length; find markers that are longer than the reads of their locus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clonotrack.germline import LOCI, Reference
from clonotrack.sequences import I64, U8, encode, reverse_complement
from clonotrack.track.kernels.locus_by_j import KMERS, NO_LOCUS, U16, K, loci_by_j
from clonotrack.track.targets import Target

if TYPE_CHECKING:
    from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch


COUNT_ALL = 65_536
"""Number of fragments at the start of a tube that are all counted."""
SAMPLE_STEP = 128
"""After the first `COUNT_ALL` fragments, one fragment in `SAMPLE_STEP` is counted."""
MIN_SHARE = 0.05
"""A marker is too long if less than this share of the reads of its locus have as many bases as a hit needs."""
_POWERS = 4 ** np.arange(K - 1, -1, -1)


class LocusCounts:
    """Counts of the fragments of one tube by the locus of their J and by their length.

    METHOD: the first `COUNT_ALL` usable fragments are all counted. Of the later fragments, only those whose number is a
    multiple of `SAMPLE_STEP` are counted, and these counts are scaled to the number of later fragments. Which fragments
    are counted depends only on their order. A locus with 10 % of ten million fragments has a relative standard error of
    1 %.
    """

    def __init__(self, reference: Reference, max_length: int) -> None:
        """Start with no fragment.

        Args:
            reference: germline reference with the J segments.
            max_length: length [nt]; fragments of this length and longer fragments are counted together.
        """
        self._masks = j_kmer_masks(reference)
        self._all, self._sampled = (np.zeros((NO_LOCUS + 1, max_length + 1), dtype=np.int64) for _ in range(2))
        self._fragments = 0

    def add(self, batch: FragmentBatch) -> None:
        """Count the fragments of a batch; a pair has the locus of its first mate, or of its second if that has none."""
        early = min(max(0, COUNT_ALL - self._fragments), len(batch))
        if early:
            self._count(batch.select(np.arange(len(batch)) < early), self._all)
        first = early + -(self._fragments + early) % SAMPLE_STEP
        if first < len(batch):
            self._count(batch.every(first, SAMPLE_STEP), self._sampled)
        self._fragments += len(batch)

    def _count(self, batch: FragmentBatch, table: I64) -> None:
        locus, length = self._loci(batch.reads), batch.reads.lengths
        if batch.mates is not None:
            locus = np.where(locus == NO_LOCUS, self._loci(batch.mates), locus)
            length = np.maximum(length, batch.mates.lengths)
        np.add.at(table, (locus, np.minimum(length, table.shape[1] - 1)), 1)

    def _loci(self, reads: ReadBatch) -> U8:
        return loci_by_j(reads.sequences.codes, reads.sequences.offsets, self._masks)

    @property
    def by_length(self) -> I64:
        """Fragments by locus and by length of the longer mate, shape (8, max_length + 1).

        The rows are the seven loci, then the fragments without a locus.
        """
        sampled = int(self._sampled.sum())
        scale = (self._fragments - COUNT_ALL) / sampled if sampled else 0.0
        counts: I64 = self._all + np.rint(scale * self._sampled).astype(np.int64)
        return counts

    @property
    def by_locus(self) -> I64:
        """Fragments by locus, shape (7,)."""
        counts: I64 = self.by_length.sum(axis=1)[:NO_LOCUS]
        return counts


def j_kmer_masks(reference: Reference) -> U16:
    """Compute for each k-mer the loci and strands whose J segments contain it.

    Returns:
        Shape (KMERS,). Bit i of an element is for J segments of locus i, bit 7 + i for their reverse complements.
    """
    masks = np.zeros(KMERS, dtype=np.uint16)
    for segment in reference.select("J"):
        for sequence, shift in ((segment.sequence, 0), (reverse_complement(segment.sequence), len(LOCI))):
            kmers = sliding_window_view(encode(sequence), K)
            masks[(kmers & 3)[(kmers < 4).all(axis=1)] @ _POWERS] |= np.uint16(1 << (LOCI.index(segment.locus) + shift))
    return masks


def markers_too_long(targets: Iterable[Target], lengths: I64) -> frozenset[str]:
    """Return the ids of the markers for which `is_too_long` is true.

    Args:
        targets: targets of the tube; controls are ignored.
        lengths: reads by locus and length, from `LocusCounts.by_length`.
    """
    decided: dict[tuple[str | None, int], bool] = {}
    markers = [(target, (target.locus, _required_bases(target))) for target in targets if target.kind == "marker"]
    for target, key in markers:
        if key not in decided:
            decided[key] = is_too_long(target, lengths)
    return frozenset(target.target_id for target, key in markers if decided[key])


def is_too_long(target: Target, lengths: I64) -> bool:
    """Check whether almost all reads of the target's locus are too short to be a hit of the target.

    METHOD: amplicons of one locus have similar lengths, so the reads with a J of the target's locus are considered. If
    the locus is not stated or has no read, the reads of every locus with more than `MIN_SHARE` of all reads are
    considered. The rule is ours: a target is too long if, in every considered locus, fewer than `MIN_SHARE` of the
    reads have as many bases as a hit of the target needs.

    Args:
        target: marker or control.
        lengths: reads by locus and length, from `LocusCounts.by_length`.
    """
    reads = lengths.sum(axis=1)
    considered = reads > MIN_SHARE * reads.sum()
    if target.locus is not None and reads[LOCI.index(target.locus)]:
        considered = np.arange(len(reads)) == LOCI.index(target.locus)
    long_enough = lengths[:, _required_bases(target) :].sum(axis=1)
    return bool(reads.any() and (long_enough[considered] < MIN_SHARE * reads[considered]).all())


def _required_bases(target: Target) -> int:
    """Compute the fewest bases of a target that a hit contains [nt]."""
    return min(bases for bases in (len(target.part), target.min_prefix, target.min_suffix) if bases is not None)
