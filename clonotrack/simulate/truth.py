"""Compute the TRUTH rows of a simulated tube: the molecules that were drawn, and the call that is correct for them."""

from __future__ import annotations

import math
from typing import Any

from clonotrack.simulate.markers import Marker
from clonotrack.simulate.plan import LibraryPlan, SamplePlan
from clonotrack.tables import COMBINED

_DETECTED_MOLECULES = -math.log(0.05)
"""Mean number of molecules with which 95 of 100 tubes contain at least one."""


def detection_limit(cells: float, capture: float, copies_per_cell: float) -> float:
    """Compute the limit of detection: the MRD level at which 95 of 100 tubes contain a captured molecule.

    The level is 3.0 / (cells x capture x copies_per_cell), in clone cells per nucleated cell.

    Args:
        cells: nucleated cells in the tube.
        capture: probability that a molecule is captured.
        copies_per_cell: copies of the marker in a clone cell.
    """
    return _DETECTED_MOLECULES / (cells * capture * copies_per_cell)


def expected_call(molecules: int, realised: float, limit: float, target_level: float) -> str:
    """Derive the correct call from the captured molecules of a marker, without background.

    Args:
        molecules: captured molecules of the marker.
        realised: MRD level of these molecules.
        limit: limit of detection (an MRD level).
        target_level: MRD level that a negative result has to exclude.

    Returns:
        With molecules: `positive` if `realised` is at least `limit`, otherwise `positive_below_loq`. (The limit of
        detection replaces the limit of quantification, which is not known here and never below it.) Without
        molecules: `negative` if `limit` is at most `target_level`, otherwise `insufficient`.
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
    counts: tuple[int, int],
    target_level: float,
) -> dict[str, Any]:
    """Make the TRUTH row of one marker in one tube.

    Args:
        sample: plan of the tube, with its level and cells.
        library: plan of the library, with its capture.
        marker: the marker.
        clone_cells: number of clone cells in the tube.
        counts: number of captured molecules of the marker, and number of their reads.
        target_level: MRD level that a negative result has to exclude.

    Returns:
        The row, column name to value.
    """
    molecules, reads = counts
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
    """Make the `combined` TRUTH row of a tube: the row of the marker with the highest `realised` MRD."""
    highest = max(rows, key=lambda row: float(row["realised"]))
    return {**highest, "marker_id": COMBINED, "locus": None}
