"""Reads of every marker in every sample: CROSS_SAMPLE."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clonotrack.quantify.observed import Observed
from clonotrack.tables import CROSS_SAMPLE, check


def cross_sample(tubes: Sequence[Observed]) -> pl.DataFrame:
    """CROSS_SAMPLE: where each marker was looked for, and its reads there, all tubes of a sample together."""
    rows = [
        {
            "marker_id": marker,
            "target_subject_id": tube.owners[marker] or "",
            "sample_id": tube.sample_id,
            "subject_id": tube.subject_id,
            "own": tube.subject_id is not None and tube.subject_id == tube.owners[marker],
            "reads": reads,
            "shared_reads": tube.shared.get(marker, 0),
        }
        for tube in tubes
        for marker, reads in tube.markers.items()
    ]
    counted = ["reads", "shared_reads"]
    by_sample = [name for name in CROSS_SAMPLE.names if name not in counted]
    frame = pl.DataFrame(rows, schema=CROSS_SAMPLE.schema())
    summed = frame.group_by(by_sample, maintain_order=True).agg(pl.col(counted).sum())
    return check(summed.sort("marker_id", "sample_id"), CROSS_SAMPLE)
