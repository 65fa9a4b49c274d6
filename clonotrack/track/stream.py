"""Reads through the first filter and on to what counts them, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from clonotrack.germline import Reference
from clonotrack.kernels.sieve import Candidates, sieve_of, sift
from clonotrack.sequence import I64, U8
from clonotrack.track.loci import Loci
from clonotrack.track.tally import Tally
from clonotrack.track.targets import Target

if TYPE_CHECKING:
    from clonotrack.library.batches import Batch


class Search:
    """Counts that grow with every batch.

    Attributes:
        tally: what the targets got.
        loci: fragments by locus and length.
    """

    def __init__(self, targets: Sequence[Target], reference: Reference, subject_id: str | None) -> None:
        self.tally = Tally(targets, reference, subject_id)
        self.loci = Loci(reference, max((len(target.part) for target in targets), default=0))
        self._sieve = sieve_of(self.tally.values)
        self._room = Candidates.room(0)

    def add(self, batch: Batch) -> I64:
        """Search one batch; give back the events of `clonotrack.kernels.verify`."""
        self.loci.add(batch)
        text, starts, ends = _letters(batch)
        needed = int((ends - starts).sum()) + 1
        if len(self._room.read) < needed:
            self._room = Candidates.room(needed)
        found = self._room.first(sift(text, starts, ends, self._sieve, self._room))
        mates = 1 if batch.mates is None else 2
        return self.tally.add(text, starts, ends, found, mates, batch.umis, batch.umi_length)


def stream(batches: Iterable[Batch], search: Search) -> None:
    """Search each batch while the next one is read; kernels hold no lock."""
    with ThreadPoolExecutor(1) as worker:
        running: Future[I64] | None = None
        for batch in batches:
            if running:
                running.result()
            running = worker.submit(search.add, batch)
        if running:
            running.result()


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
