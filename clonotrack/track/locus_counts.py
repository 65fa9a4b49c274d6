"""How many fragments are of which locus, by their J segment: from a sample of those of a large tube.

Whether the reads of a tube are long enough to hold a target: no read of a longer one could be a hit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clonotrack.germline import LOCI, Reference
from clonotrack.sequences import I64, U8, encode, reverse_complement
from clonotrack.track.kernels.locus_by_j import KEYS, NO_LOCUS, U16, K, loci
from clonotrack.track.targets import Target

if TYPE_CHECKING:
    from clonotrack.raw_reads.chunk import ReadChunk
    from clonotrack.raw_reads.fragments import Batch


ALL_OF = 65_536
"""Fragments of a tube that are all looked at, before a sample is."""
ONE_IN = 128
"""Of the fragments after these one in so many is looked at."""

_PLACES = 4 ** np.arange(K - 1, -1, -1)


class Loci:
    """Fragments by the locus of their J and by their length.

    METHOD: of the usable fragments of a tube the first `ALL_OF` are looked at, and of those after them the ones whose
    number is a multiple of `ONE_IN`, scaled to all of these. What is chosen depends on nothing but the order of the
    fragments. The share of a locus with 10 % of ten million fragments has a standard error of 1 % of itself.
    """

    def __init__(self, reference: Reference, longest: int) -> None:
        """Begin at zero.

        Args:
            reference: for the J segments.
            longest: this length and all above are one.
        """
        self._masks = j_masks(reference)
        self._all, self._sample = (np.zeros((NO_LOCUS + 1, longest + 1), dtype=np.int64) for _ in range(2))
        self._seen = 0

    def add(self, batch: Batch) -> None:
        """Count the fragments of a batch: a pair by the first of its mates whose locus can be told."""
        early = min(max(0, ALL_OF - self._seen), len(batch))
        if early:
            self._count(batch.select(np.arange(len(batch)) < early), self._all)
        first = early + -(self._seen + early) % ONE_IN
        if first < len(batch):
            self._count(batch.every(first, ONE_IN), self._sample)
        self._seen += len(batch)

    def _count(self, batch: Batch, table: I64) -> None:
        locus, length = self._locus(batch.reads), batch.reads.lengths
        if batch.mates is not None:
            locus = np.where(locus == NO_LOCUS, self._locus(batch.mates), locus)
            length = np.maximum(length, batch.mates.lengths)
        np.add.at(table, (locus, np.minimum(length, table.shape[1] - 1)), 1)

    def _locus(self, reads: ReadChunk) -> U8:
        return loci(reads.sequences.codes, reads.sequences.offsets, self._masks)

    @property
    def lengths(self) -> I64:
        """Shape (8, longest + 1): fragments by locus, the last row without one, and by length of the longer mate."""
        chosen = int(self._sample.sum())
        scale = (self._seen - ALL_OF) / chosen if chosen else 0.0
        scaled: I64 = self._all + np.rint(scale * self._sample).astype(np.int64)
        return scaled

    @property
    def counts(self) -> I64:
        """Fragments by locus, shape (7,)."""
        by_locus: I64 = self.lengths.sum(axis=1)[:NO_LOCUS]
        return by_locus


def j_masks(reference: Reference) -> U16:
    """Loci and strands whose J segments hold each key: shape (KEYS,), bits as `kernels.locus_by_j` has them."""
    masks = np.zeros(KEYS, dtype=np.uint16)
    for segment in reference.select("J"):
        for sequence, shift in ((segment.sequence, 0), (reverse_complement(segment.sequence), len(LOCI))):
            windows = sliding_window_view(encode(sequence), K)
            masks[(windows & 3)[(windows < 4).all(axis=1)] @ _PLACES] |= np.uint16(
                1 << (LOCI.index(segment.locus) + shift)
            )
    return masks


ENOUGH = 0.05
"""Share of like reads as long as a target from which on it can be seen."""


def too_long(targets: Iterable[Target], lengths: I64) -> frozenset[str]:
    """The markers for which `cut_short` says so; those of one locus and length are judged once."""
    told: dict[tuple[str | None, int], bool] = {}
    markers = [(target, (target.locus, _needed(target))) for target in targets if target.kind == "marker"]
    for target, kind in markers:
        if kind not in told:
            told[kind] = cut_short(target, lengths)
    return frozenset(target.target_id for target, kind in markers if told[kind])


def cut_short(target: Target, lengths: I64) -> bool:
    """Whether next to no read that could be the target's is as long as it.

    METHOD: amplicons of one locus have like lengths, so the reads with a J of the target's locus tell; where its locus
    is not stated, or has no read, each kind that makes up some of the tube. Our rule: a target is too long where under
    5 % of every such kind hold as many bases as a read has to hold of it.

    Args:
        target: what is looked for.
        lengths: shape (8, longest + 1); reads by the locus of their J, the last row without one, and by length, the
            last column for all that are longer.
    """
    kinds = lengths.sum(axis=1)
    usual = kinds > ENOUGH * kinds.sum()
    if target.locus is not None and kinds[LOCI.index(target.locus)]:
        usual = np.arange(len(kinds)) == LOCI.index(target.locus)
    long = lengths[:, _needed(target) :].sum(axis=1)
    return bool(kinds.any() and (long[usual] < ENOUGH * kinds[usual]).all())


def _needed(target: Target) -> int:
    """Bases that a read has to hold of a target."""
    return min(bases for bases in (len(target.part), target.least_head, target.least_tail) if bases is not None)
