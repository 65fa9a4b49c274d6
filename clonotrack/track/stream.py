"""Reads through the first filter and on to what counts them, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clonotrack.germline import Reference
from clonotrack.kernels.letters import copy_rows
from clonotrack.kernels.narrowing import ENTRY, READ, TEXT
from clonotrack.library.workers import in_order
from clonotrack.sequence import I64, U8, offsets_of
from clonotrack.track.loci import Loci
from clonotrack.track.tally import Compared, Tally
from clonotrack.track.targets import Target

if TYPE_CHECKING:
    from clonotrack.io.reads import ReadChunk
    from clonotrack.library.batches import Batch


THREADS = 2
"""Batches that are searched at a time."""


class Search:
    """Counts that grow with every batch.

    Attributes:
        tally: what the targets got.
        loci: fragments by locus and length.
    """

    def __init__(self, targets: Sequence[Target], reference: Reference, subject_id: str | None) -> None:
        self.tally = Tally(targets, reference, subject_id)
        self.loci = Loci(reference, max((len(target.part) for target in targets), default=0))

    def add(self, batch: Batch) -> I64:
        """Search one batch; give back the events of `clonotrack.kernels.verify`."""
        compared = self.compare(batch)
        self.count(batch, compared)
        return compared.events

    def compare(self, batch: Batch) -> Compared:
        """What the reads of a batch are; changes no count, so that several threads may do it."""
        if batch.mates is None:
            reads = batch.reads
            left = self.tally.narrow(reads.text, reads.starts, reads.ends)
            return self.tally.compare(reads.text, reads.starts, reads.ends, left, 1)
        return self.tally.compare(
            *_together(
                [
                    (mates, self.tally.narrow(mates.text, mates.starts, mates.ends))
                    for mates in (batch.reads, batch.mates)
                ]
            ),
            2,
        )

    def count(self, batch: Batch, compared: Compared) -> None:
        """Count a batch."""
        self.loci.add(batch)
        self.tally.count(compared, batch.umis, batch.umi_length)


def stream(batches: Iterable[Batch], search: Search) -> None:
    """Search batches in threads while others are read, and count them in order."""
    for batch, compared in in_order(lambda batch: (batch, search.compare(batch)), batches, THREADS):
        search.count(batch, compared)


def _together(mates: Sequence[tuple[ReadChunk, I64]]) -> tuple[U8, I64, I64, I64]:
    """The mates that may hold a target, in one text: where in it each starts and ends, and what it may hold.

    The first mate of fragment f has number 2 f, the second the next; those that are left out have no base.
    """
    numbers = 2 * len(mates[0][0])
    starts, ends = np.zeros((2, numbers), dtype=np.int64)
    texts, found, used = [], [], 0
    for number, (reads, left) in enumerate(mates):
        rows = np.unique(left[:, READ])
        offsets = offsets_of(reads.lengths[rows])
        texts.append(copy_rows(reads.text, reads.starts[rows], offsets, 0))
        starts[2 * rows + number], ends[2 * rows + number] = used + offsets[:-1], used + offsets[1:]
        used += len(texts[-1])
        read = 2 * left[:, READ] + number
        place = left[:, TEXT] - reads.starts[left[:, READ]] + starts[read]
        found.append(np.column_stack([read, place, left[:, ENTRY]]))
    joined = np.concatenate(found)
    return np.concatenate(texts), starts, ends, joined[np.argsort(joined[:, READ], kind="stable")]
