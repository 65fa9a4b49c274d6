"""Add to MARKERS how each marker is tracked: its allowed edits and its background rate."""

from __future__ import annotations

from typing import Any

import polars as pl

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.pgen.allowed_edits import GenerationModels, edits_for_length
from clonotrack.tables import MARKERS, check


def add_allowed_edits(markers: pl.DataFrame, reference: Reference, settings: Track) -> pl.DataFrame:
    """Fill `max_edits`, `edits_reason` and `background_rate` of each marker.

    The three columns stay null for a marker whose clone-specific part contains an unknown base.

    Args:
        markers: MARKERS from `select_markers` or `unite_baselines`.
        reference: germline genes, from which the generation probability of a marker is computed.
        settings: error rate and limits that decide the allowed edits.
    """
    models = GenerationModels(reference)
    rows = [row | _edits_and_background(row, models, settings) for row in markers.iter_rows(named=True)]
    return check(pl.DataFrame(rows, schema=MARKERS.schema()), MARKERS)


def _edits_and_background(row: dict[str, Any], models: GenerationModels, settings: Track) -> dict[str, Any]:
    """Compute `max_edits`, `edits_reason` and `background_rate` of one row of MARKERS; empty with an unknown base."""
    part = row["sequence"][row["target_start"] - 1 : row["target_end"]]
    if "N" in part:
        return {}
    by_length, reason = edits_for_length(len(part), settings)
    allowed = models.allowed_edits(part, row["system"], row["junction"], settings, by_length)
    return {
        "max_edits": allowed.max_edits,
        "edits_reason": allowed.reason or reason,
        "background_rate": allowed.background_rate,
    }
