"""Reads through the first filter and on to what counts them, chunk by chunk.

The stage itself: reads in, counts out, chunk by chunk.

The targets of a sample: which there are, and what each is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.kernels.swar import copy_rows
from clonotrack.parallel import in_order
from clonotrack.pgen.allowed_edits import Background
from clonotrack.sequences import I64, U8, offsets_of
from clonotrack.track.allowed_edits import settle_edits, with_relatives
from clonotrack.track.count_hits import Compared, Tally
from clonotrack.track.hits_table import Sample, hits_frame
from clonotrack.track.kernels.seed_filter import ENTRY, READ, TEXT
from clonotrack.track.locus_counts import Loci, too_long
from clonotrack.track.qc import with_losses
from clonotrack.track.targets import Germline, Target, control_targets, marker_targets, refuse_germline

if TYPE_CHECKING:
    from clonotrack.raw_reads.chunk import ReadChunk
    from clonotrack.raw_reads.fragments import Batch, Counts


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
        """Search one batch; give back the events of `clonotrack.track.kernels.verify_hits`."""
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


def track(
    batches: Iterable[Batch],
    counts: Counts,
    targets: Sequence[Target],
    reference: Reference,
    sample: Sample,
) -> pl.DataFrame:
    """Count the reads of one tube that hold a marker or a control; see docs/tracking.md for what a hit needs.

    Args:
        batches: reads that passed, in chunks; they are searched as they come and not kept.
        counts: of the reads behind `batches`, complete when these are used up.
        targets: what is looked for, from `clonotrack.track.stage`.
        reference: for the J segments.
        sample: named in every row; its `subject_id` says which markers are its own.

    Returns:
        HITS: per target the reads by class and distance (one zero row where there are none), reads by the locus of
        their J, and totals that add up to the reads of the files; what errors take from each target.
    """
    search = Search(targets, reference, sample.subject_id)
    stream(batches, search)
    totals = {
        "scanned": counts.scanned,
        "no_umi": counts.no_umi,
        "too_short": counts.too_short,
        "low_quality": counts.low_quality,
        "hit": search.tally.hit,
        "ambiguous": search.tally.ambiguous,
        "other": counts.passed - search.tally.hit - search.tally.ambiguous,
    }
    unseen = too_long(targets, search.loci.lengths)
    hits = hits_frame(
        sample, targets, search.tally.rows(), search.loci.counts, totals, unseen, tagged=search.tally.tagged
    )
    return with_losses(hits, targets, sample.subject_id)


def prepare(
    markers: pl.DataFrame | None,
    controls: pl.DataFrame | None,
    reference: Reference,
    settings: Track,
    subject_id: str | None,
) -> list[Target]:
    """What is looked for in a sample of `subject_id`, with the edits that each target is allowed.

    Own markers first, then controls, then the markers of other patients.

    Args:
        markers: MARKERS of this and other patients; only selected ones are tracked.
        controls: CONTROLS of the tube.
        reference: says which part of a control no real rearrangement has, which marker is none, and how often cells
            without the clone carry what is within its edits.
        settings: the edits that are asked for.
        subject_id: the patient of the sample, None for a control sample: all markers are then other patients'.

    Raises:
        TableError: a marker or control that cannot be tracked.
    """
    germline, background = Germline.of(reference), Background(reference)
    all_markers = marker_targets(markers, settings, background, subject_id) if markers is not None else []
    refuse_germline(all_markers, germline)
    tube = control_targets(controls, germline, settings) if controls is not None else []
    patients: dict[str | None, list[Target]] = {}
    for target in all_markers:
        patients.setdefault(target.subject_id, []).append(target)
    own = patients.pop(subject_id, []) if subject_id is not None else []
    own = [with_relatives(target, background, reference, settings) for target in own]
    targets = settle_edits(own, tube, refuse=True)
    for others in patients.values():
        targets += others if all(t.stated for t in others) else settle_edits(others, [], refuse=False)
    return targets
