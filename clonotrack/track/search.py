"""The stage itself: reads in, counts out, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.kernels.credit import AMBIGUOUS, HIT, OTHER
from clonotrack.kernels.scan import NO_LOCUS, WORD, Found, Probes, Seeds, scan
from clonotrack.sequence import I64, Ragged
from clonotrack.track.edits import settle_edits
from clonotrack.track.hits import Sample, hits_frame
from clonotrack.track.index import probes_of, seeds_of
from clonotrack.track.lengths import cut_short
from clonotrack.track.targets import Target, control_targets, marker_targets, refuse_germline
from clonotrack.track.windows import Germline

if TYPE_CHECKING:
    from clonotrack.library.batches import Batch, Counts


def track(
    batches: Iterable[Batch],
    counts: Counts,
    markers: pl.DataFrame | None,
    controls: pl.DataFrame | None,
    reference: Reference,
    settings: Track,
    sample: Sample,
) -> pl.DataFrame:
    """Count the reads of one tube that hold a marker or a control; see docs/tracking.md for what a hit needs.

    Args:
        batches: reads that passed, in chunks; they are searched as they come and not kept.
        counts: of the reads behind `batches`, complete when these are used up.
        markers: MARKERS of this and other patients, under each other; only selected rows are looked for.
        controls: CONTROLS of the tube.
        reference: for the J segments, and for the germline part of controls.
        settings: edits.
        sample: named in every row; its `subject_id` says which markers are its own.

    Returns:
        HITS: per target the reads by class and distance (one zero row where there are none), reads by the locus of
        their J, and totals that add up to the reads of the files.

    Raises:
        TableError: a marker or control that cannot be tracked.
    """
    targets = prepare(markers, controls, reference, settings, sample.subject_id)
    search = Search(seeds_of(targets, reference), probes_of(targets, sample.subject_id))
    _stream(batches, search)
    totals = {
        "scanned": counts.scanned,
        "no_umi": counts.no_umi,
        "too_short": counts.too_short,
        "low_quality": counts.low_quality,
        "hit": int(search.outcomes[HIT]),
        "ambiguous": int(search.outcomes[AMBIGUOUS]),
        "other": int(search.outcomes[OTHER]),
    }
    unseen = frozenset(t.target_id for t in targets if t.kind == "marker" and cut_short(t, search.lengths))
    return hits_frame(sample, targets, search.counts, search.loci, totals, unseen)


def _stream(batches: Iterable[Batch], search: Search) -> None:
    """Search each chunk while the next one is read: the two take about as long, and kernels hold no lock."""
    with ThreadPoolExecutor(1) as worker:
        running: Future[Found] | None = None
        for batch in batches:
            if running:
                running.result()
            running = worker.submit(search.add, batch.reads.sequences)
        if running:
            running.result()


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
        reference: says which part of a control no real rearrangement has, and which marker is none.
        settings: the edits that are asked for.
        subject_id: the patient of the sample, None for a control sample: all markers are then other patients'.

    Raises:
        TableError: a marker or control that cannot be tracked.
    """
    germline = Germline.of(reference)
    all_markers = marker_targets(markers, settings) if markers is not None else []
    refuse_germline(all_markers, germline)
    tube = control_targets(controls, germline, settings) if controls is not None else []
    patients: dict[str | None, list[Target]] = {}
    for target in all_markers:
        patients.setdefault(target.subject_id, []).append(target)
    own = patients.pop(subject_id, []) if subject_id is not None else []
    targets = settle_edits(own, tube, refuse=True)
    for others in patients.values():
        targets += settle_edits(others, tube, refuse=False)[: len(others)]
    return targets


class Search:
    """Counts that grow with every chunk.

    Attributes:
        counts: shape (targets, 2, edits + 1); reads credited and ambiguous, by target and distance.
        lengths: shape (8, longest target + 1); reads by the locus of their J, the last row without one, and by
            length, the last column for all that are longer.
        outcomes: shape (3,); reads that are other, ambiguous, hit.
    """

    def __init__(self, seeds: Seeds, probes: Probes) -> None:
        self._seeds, self._probes = seeds, probes
        self.counts: I64 = np.zeros((len(probes.edits), 2, int(probes.edits.max(initial=0)) + 1), dtype=np.int64)
        longest = int(np.diff(probes.offsets).max(initial=0))
        self.lengths: I64 = np.zeros((NO_LOCUS + 1, longest + 1), dtype=np.int64)
        self.outcomes: I64 = np.zeros(3, dtype=np.int64)

    def add(self, reads: Ragged) -> Found:
        """Search one chunk; give back what each of its reads is."""
        found = Found(self.counts, np.zeros(len(reads), dtype=np.uint8), np.full(len(reads), NO_LOCUS, dtype=np.uint8))
        codes = np.require(reads.codes, requirements=("C", "A", "W"))
        words = np.require(codes[: len(codes) // WORD * WORD].view("<u4"), requirements=("C", "A", "W"))
        scan(words, codes, np.require(reads.offsets, requirements=("C", "A", "W")), self._seeds, self._probes, found)
        self.outcomes += np.bincount(found.outcome, minlength=3)
        width = self.lengths.shape[1]
        place = found.locus * np.int64(width) + np.minimum(reads.lengths, width - 1)
        self.lengths += np.bincount(place, minlength=self.lengths.size).reshape(self.lengths.shape)
        return found

    @property
    def loci(self) -> I64:
        """Reads by the locus of their J: shape (7,)."""
        by_locus: I64 = self.lengths.sum(axis=1)[:NO_LOCUS]
        return by_locus
