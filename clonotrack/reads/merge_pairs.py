"""Merge overlapping mates into one read and count the outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.parallel import map_in_order
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.reads.kernels.merge import merge_mates
from clonotrack.reads.kernels.overlap import find_overlaps
from clonotrack.sequences import I64, U8, Ragged

MAX_CYCLES = 1024
"""Number of cycles, and of overlap lengths, that are counted separately.

Later cycles, and longer overlaps, are counted in the last element.
"""
THREADS = 2
"""Batches that are merged at the same time."""
OUTCOMES = ("merged", "not_overlapping", "ambiguous_overlap", "mismatching_overlap")


def _zeros(*shape: int) -> I64:
    return np.zeros(shape, dtype=np.int64)


@dataclass(slots=True)
class MergeCounts:
    """Counts of the pairs that were merged or left as pairs so far.

    Attributes:
        outcomes: number of pairs with each outcome of `OUTCOMES`, shape (4,).
        lengths: number of merged pairs by the length of their overlap [nt], shape (MAX_CYCLES,).
        read_through: number of merged pairs whose fragment is shorter than a mate, so that adapter was cut off.
        cycles: number of bases in overlaps, and of errors among these bases, by mate and sequencing cycle, shape
            (2, MAX_CYCLES, 2).
        phred: number of bases in overlaps, and of errors among these bases, by Phred score, shape (94, 2).
    """

    outcomes: I64 = field(default_factory=lambda: _zeros(len(OUTCOMES)))
    lengths: I64 = field(default_factory=lambda: _zeros(MAX_CYCLES))
    read_through: int = 0
    cycles: I64 = field(default_factory=lambda: _zeros(2, MAX_CYCLES, 2))
    phred: I64 = field(default_factory=lambda: _zeros(94, 2))

    def add(self, other: MergeCounts) -> None:
        """Add the counts of another batch of pairs to these counts, in place."""
        self.read_through += other.read_through
        for name in ("outcomes", "lengths", "cycles", "phred"):
            getattr(self, name)[:] += getattr(other, name)


def merge_pairs(
    batches: Iterable[FragmentBatch], max_false_merge: float, counts: MergeCounts, *, facing: bool = True
) -> Iterator[FragmentBatch]:
    """Merge the pairs that overlap; all other pairs stay pairs. The order of fragments does not change.

    `THREADS` batches are merged at once, and one more batch is held in memory.

    Args:
        batches: single reads or pairs; the mates of pairs have qualities.
        max_false_merge: maximum probability that two mates that do not overlap are merged.
        counts: updated before each batch is yielded.
        facing: True if the files contain the mates of a pair on opposite strands, as sequenced.

    Yields:
        One batch for each input batch. A merged pair has its merged sequence as read and a mate of 0 nt.
    """
    merge = partial(_merge, max_false_merge=max_false_merge, facing=facing)
    for batch, batch_counts in map_in_order(merge, batches, THREADS):
        counts.add(batch_counts)
        yield batch


def _merge(batch: FragmentBatch, max_false_merge: float, *, facing: bool) -> tuple[FragmentBatch, MergeCounts]:
    reads, mates, counts = batch.reads, batch.mates, MergeCounts()
    if mates is None:
        return batch, counts
    assert reads.qualities is not None
    assert mates.qualities is not None
    reverse = np.full(len(mates), facing)
    second = reverse_complement_rows(mates.sequences.codes, mates.qualities, mates.sequences.offsets, reverse)
    pairs = reads.sequences.codes, reads.qualities, reads.sequences.offsets, *second, mates.sequences.offsets
    fragment_lengths, outcomes = find_overlaps(*pairs, max_false_merge)
    codes, scores, offsets = merge_mates(*pairs, fragment_lengths, counts.cycles, counts.phred)
    lengths_1, lengths_2 = reads.sequences.lengths, mates.sequences.lengths
    _count(counts, fragment_lengths, outcomes[lengths_2 > 0], lengths_1, lengths_2)
    merged = ReadBatch.from_arrays(
        Ragged(codes, offsets), scores, reads.name_bytes, reads.name_offsets, reads.first_record
    )
    unmerged = mates.trim(np.zeros_like(lengths_2), np.where(fragment_lengths > 0, 0, lengths_2))
    return FragmentBatch(merged, unmerged, batch.umis, batch.umi_length), counts


def _count(counts: MergeCounts, fragment_lengths: I64, outcomes: U8, lengths_1: I64, lengths_2: I64) -> None:
    """Count outcomes, lengths of overlaps and read-through of one batch.

    Args:
        counts: counts of the batch; updated.
        fragment_lengths: length of each fragment whose mates were merged [nt]; 0 for a pair that stays a pair.
        outcomes: outcome of each pair, as index of `OUTCOMES`.
        lengths_1: length of each first mate [nt].
        lengths_2: length of each second mate [nt].
    """
    counts.outcomes += np.bincount(outcomes, minlength=len(OUTCOMES))
    merged = fragment_lengths > 0
    fragment, first, second = fragment_lengths[merged], lengths_1[merged], lengths_2[merged]
    overlap = np.minimum(first, fragment) - np.maximum(0, fragment - second)
    counts.lengths += np.bincount(np.minimum(overlap, MAX_CYCLES - 1), minlength=MAX_CYCLES)
    counts.read_through += int((fragment < np.maximum(first, second)).sum())
