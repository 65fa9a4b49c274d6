"""Truth beside a simulated tube: what was drawn, and the call it deserves."""

from __future__ import annotations

import math
from typing import Any

from clonotrack.simulate.clone import Marker
from clonotrack.simulate.plan import LibraryPlan, SamplePlan
from clonotrack.tables import COMBINED

_DETECTED = -math.log(0.05)  # expected molecules of which at least one is there in 95 of 100 tubes


def detection_limit(cells: float, capture: float, copies_per_cell: float) -> float:
    """Level at which 95 of 100 tubes hold a captured molecule: 3.0 / (cells x capture x copies)."""
    return _DETECTED / (cells * capture * copies_per_cell)


def expected_call(molecules: int, realised: float, limit: float, target_level: float) -> str:
    """The call that drawn molecules deserve, without background.

    Any molecule is found; above the limit of detection it is `positive`, under it `positive_below_loq`. None is
    `negative` where the limit reaches the target level, else `insufficient`.
    """
    if molecules:
        return "positive" if realised >= limit else "positive_below_loq"
    return "negative" if limit <= target_level else "insufficient"


def marker_truth(
    sample: SamplePlan,
    library: LibraryPlan,
    marker: Marker,
    clone_cells: int,
    *,
    drawn: tuple[int, int],
    target_level: float,
) -> dict[str, Any]:
    """One TRUTH row.

    Args:
        sample: its level and cells.
        library: its capture.
        marker: what was counted.
        clone_cells: cells of the clone that were drawn.
        drawn: the marker's captured molecules, and their reads.
        target_level: level that a negative result has to reach.
    """
    molecules, reads = drawn
    realised = molecules / (library.capture * marker.copies_per_cell * sample.cells)
    limit = detection_limit(sample.cells, library.capture, marker.copies_per_cell)
    return {
        "subject_id": sample.subject_id,
        "sample_id": sample.sample_id,
        "role": sample.role,
        "day": sample.day,
        "marker_id": marker.marker_id,
        "locus": marker.rearrangement.locus,
        "true_mrd": sample.level,
        "cells": sample.cells,
        "clone_cells": clone_cells,
        "molecules": molecules,
        "reads": reads,
        "realised": realised,
        "expected_call": expected_call(molecules, realised, limit, target_level),
    }


def combined_truth(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sample's row: its highest marker, as the combined result is the highest."""
    highest = max(rows, key=lambda row: float(row["realised"]))
    return {**highest, "marker_id": COMBINED, "locus": None}
