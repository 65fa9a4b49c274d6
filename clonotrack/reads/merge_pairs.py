"""Mates that overlap, put together; what was seen where they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.parallel import map_in_order
from clonotrack.raw_reads.chunk import ReadChunk
from clonotrack.raw_reads.fragments import Batch
from clonotrack.reads.kernels.merge import merge
from clonotrack.reads.kernels.overlap import find_overlaps
from clonotrack.sequences import I64, U8, Ragged

CYCLES = 1024
THREADS = 2
OUTCOMES = ("merged", "not_overlapping", "ambiguous_overlap", "mismatching_overlap")


def _zeros(*shape: int) -> I64:
    return np.zeros(shape, dtype=np.int64)


@dataclass(slots=True)
class Overlaps:
    """What became of the pairs so far.

    Attributes:
        outcomes: pairs by `OUTCOMES`.
        lengths: merged pairs by the length of their overlap, the last place for all that are longer.
        read_through: merged pairs whose fragment is shorter than a mate, so that adapter was cut off.
        cycles: shape (2, CYCLES, 2); bases in overlaps and errors among them, by mate and cycle.
        phred: shape (94, 2); the same, by Phred score.
    """

    outcomes: I64 = field(default_factory=lambda: _zeros(len(OUTCOMES)))
    lengths: I64 = field(default_factory=lambda: _zeros(CYCLES))
    read_through: int = 0
    cycles: I64 = field(default_factory=lambda: _zeros(2, CYCLES, 2))
    phred: I64 = field(default_factory=lambda: _zeros(94, 2))

    def add(self, other: Overlaps) -> None:
        """Take in what became of other pairs."""
        self.read_through += other.read_through
        for name in ("outcomes", "lengths", "cycles", "phred"):
            getattr(self, name)[:] += getattr(other, name)


def merge_pairs(
    batches: Iterable[Batch], max_wrong: float, overlaps: Overlaps, *, facing: bool = True
) -> Iterator[Batch]:
    """The batches, in order, with the pairs that overlap as one read; all others stay pairs.

    `THREADS` batches are merged at once, and one more is held.

    Args:
        batches: fragments; mates have qualities.
        max_wrong: most that chance may have to put mates together that do not overlap.
        overlaps: brought up to date before each batch is given.
        facing: mates are on opposite strands, as sequenced.
    """
    for batch, seen in map_in_order(partial(_merged, max_wrong=max_wrong, facing=facing), batches, THREADS):
        overlaps.add(seen)
        yield batch


def _merged(batch: Batch, max_wrong: float, *, facing: bool) -> tuple[Batch, Overlaps]:
    reads, mates, seen = batch.reads, batch.mates, Overlaps()
    if mates is None:
        return batch, seen
    assert reads.qualities is not None
    assert mates.qualities is not None
    turn = np.full(len(mates), facing)
    second = reverse_complement_rows(mates.sequences.codes, mates.qualities, mates.sequences.offsets, turn)
    sides = reads.sequences.codes, reads.qualities, reads.sequences.offsets, *second, mates.sequences.offsets
    places, outcomes = find_overlaps(*sides, max_wrong)
    codes, scores, offsets = merge(*sides, places, seen.cycles, seen.phred)
    one, two = reads.sequences.lengths, mates.sequences.lengths
    _count(seen, places, outcomes[two > 0], one, two)
    chunk = ReadChunk.of(Ragged(codes, offsets), scores, reads.name_bytes, reads.name_offsets, reads.first_record)
    rest = mates.trimmed(np.zeros_like(two), np.where(places > 0, 0, two))
    return Batch(chunk, rest, batch.umis, batch.umi_length), seen


def _count(overlaps: Overlaps, places: I64, outcomes: U8, one: I64, two: I64) -> None:
    overlaps.outcomes += np.bincount(outcomes, minlength=len(OUTCOMES))
    merged = places > 0
    fragment, first, second = places[merged], one[merged], two[merged]
    shared = np.minimum(first, fragment) - np.maximum(0, fragment - second)
    overlaps.lengths += np.bincount(np.minimum(shared, CYCLES - 1), minlength=CYCLES)
    overlaps.read_through += int((fragment < np.maximum(first, second)).sum())
