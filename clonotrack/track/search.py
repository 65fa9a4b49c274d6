"""The stage itself: reads in, counts out, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from clonotrack.germline import Reference
from clonotrack.track.hits import Sample, hits_frame
from clonotrack.track.lengths import too_long
from clonotrack.track.losses import with_losses
from clonotrack.track.stream import Search, stream
from clonotrack.track.targets import Target

if TYPE_CHECKING:
    from clonotrack.library.batches import Batch, Counts


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
        targets: what is looked for, from `clonotrack.track.prepare`.
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
