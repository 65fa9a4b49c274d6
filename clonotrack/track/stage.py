"""Track one tube: prepare its targets, then count its reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.parallel import map_in_order
from clonotrack.pgen.allowed_edits import GenerationModels
from clonotrack.track.allowed_edits import allow_partial_reads, limit_edits
from clonotrack.track.count_hits import HitCounts
from clonotrack.track.hits_table import TubeIdentity, hits_table
from clonotrack.track.locus_counts import LocusCounts, markers_too_long
from clonotrack.track.qc import add_matching_loss
from clonotrack.track.search import TargetSearch
from clonotrack.track.targets import GermlineKmers, Target, control_targets, marker_targets, reject_germline

if TYPE_CHECKING:
    from clonotrack.raw_reads.batches import FragmentBatch
    from clonotrack.raw_reads.fragments import FragmentCounts


THREADS = 2
"""Batches that are searched at the same time."""


def prepare_targets(
    markers: pl.DataFrame | None,
    controls: pl.DataFrame | None,
    reference: Reference,
    settings: Track,
    subject_id: str | None,
) -> list[Target]:
    """Prepare the targets of a tube, each with the edits it is allowed.

    Args:
        markers: MARKERS of this and other patients; only selected ones are tracked.
        controls: CONTROLS of the tube.
        reference: germline segments. They decide which part of a control is specific, which marker is rejected as
            germline, and how often cells without the clone carry a marker.
        settings: settings of the stage track.
        subject_id: patient of the sample; None for a control sample, for which all markers are of other patients.

    Returns:
        The patient's markers, then the controls, then the markers of other patients.

    Raises:
        TableError: a marker or control cannot be tracked.
    """
    germline, models = GermlineKmers.of(reference), GenerationModels(reference)
    all_markers = marker_targets(markers, settings, models, subject_id) if markers is not None else []
    reject_germline(all_markers, germline)
    tube_controls = control_targets(controls, germline, settings) if controls is not None else []
    patients: dict[str | None, list[Target]] = {}
    for target in all_markers:
        patients.setdefault(target.subject_id, []).append(target)
    own = patients.pop(subject_id, []) if subject_id is not None else []
    own = [allow_partial_reads(target, models, reference, settings) for target in own]
    targets = limit_edits(own, tube_controls, reject_equal=True)
    for others in patients.values():
        stated = all(target.edits_stated for target in others)
        targets += others if stated else limit_edits(others, [], reject_equal=False)
    return targets


def track(
    batches: Iterable[FragmentBatch],
    counts: FragmentCounts,
    targets: Sequence[Target],
    reference: Reference,
    tube: TubeIdentity,
) -> pl.DataFrame:
    """Count the reads of one tube that match a marker or a control; docs/tracking.md defines a hit.

    Batches are searched in threads while later ones are read, and are not kept. The counts do not depend on the number
    of threads.

    Args:
        batches: fragments that passed the filter.
        counts: counts of all fragments of the tube; complete when `batches` is exhausted.
        targets: targets from `prepare_targets`.
        reference: germline reference with the J segments.
        tube: columns that identify the tube in every row; `subject_id` decides which markers are of its own patient.

    Returns:
        HITS. Each target has its reads by match class and distance, or one row with zero reads, and its
        `matching_loss`. Further rows are the reads by the locus of their J, and totals that add up to the fragments of
        the files.
    """
    search = TargetSearch(targets, reference, tube.subject_id)
    hit_counts = HitCounts(targets)
    locus_counts = LocusCounts(reference, max((len(target.part) for target in targets), default=0))
    for batch, matches in map_in_order(lambda batch: (batch, search.find(batch)), batches, THREADS):
        locus_counts.add(batch)
        hit_counts.add(matches, batch.umis, batch.umi_length)
    totals = {
        "scanned": counts.scanned,
        "no_umi": counts.no_umi,
        "too_short": counts.too_short,
        "low_quality": counts.low_quality,
        "hit": hit_counts.hits,
        "ambiguous": hit_counts.ambiguous,
        "other": counts.passed - hit_counts.hits - hit_counts.ambiguous,
    }
    too_long = markers_too_long(targets, locus_counts.by_length)
    hits = hits_table(
        tube, targets, hit_counts.rows(), locus_counts.by_locus, totals, too_long, has_umis=hit_counts.has_umis
    )
    return add_matching_loss(hits, targets, tube.subject_id)
