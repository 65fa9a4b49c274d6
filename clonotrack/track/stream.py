"""Reads through the first filter and on to what counts them, chunk by chunk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from clonotrack.germline import Reference
from clonotrack.sequence import I64, U8
from clonotrack.track.loci import Loci
from clonotrack.track.tally import Compared, Tally
from clonotrack.track.targets import Target

if TYPE_CHECKING:
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
        text, starts, ends = _letters(batch)
        return self.tally.compare(text, starts, ends, 1 if batch.mates is None else 2)

    def count(self, batch: Batch, compared: Compared) -> None:
        """Count a batch."""
        self.loci.add(batch)
        self.tally.count(compared, batch.umis, batch.umi_length)


def stream(batches: Iterable[Batch], search: Search) -> None:
    """Search batches in threads while others are read, and count them in order; kernels hold no lock."""
    running: deque[tuple[Batch, Future[Compared]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in batches:
            running.append((batch, pool.submit(search.compare, batch)))
            if len(running) > THREADS:
                first, compared = running.popleft()
                search.count(first, compared.result())
        for batch, compared in running:
            search.count(batch, compared.result())


def _letters(batch: Batch) -> tuple[U8, I64, I64]:
    """A text, and where in it the reads of a batch start and end: mates one after the other."""
    reads, mates = batch.reads, batch.mates
    if mates is None:
        return reads.text, reads.starts, reads.ends
    shift = len(reads.text)
    return (
        np.concatenate([reads.text, mates.text]),
        np.column_stack([reads.starts, mates.starts + shift]).ravel(),
        np.column_stack([reads.ends, mates.ends + shift]).ravel(),
    )
