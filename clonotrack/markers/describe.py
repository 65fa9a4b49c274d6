"""What is told of a marker beside its reads: the edits its reads may have, and how often other cells carry it."""

from __future__ import annotations

from typing import Any

import polars as pl

from clonotrack.config import Track
from clonotrack.germline import Reference
from clonotrack.pgen.allowed_edits import GenerationModels, edits_for_length
from clonotrack.tables import MARKERS, check


def describe(markers: pl.DataFrame, reference: Reference, settings: Track) -> pl.DataFrame:
    """MARKERS with `max_edits`, `edits_reason` and `background_rate` of each row.

    Args:
        markers: from `select` or `unite`.
        reference: for the model of recombination.
        settings: what edits have to allow for.
    """
    models = GenerationModels(reference)
    rows = [row | _of(row, models, settings) for row in markers.iter_rows(named=True)]
    return check(pl.DataFrame(rows, schema=MARKERS.schema()), MARKERS)


def _of(row: dict[str, Any], models: GenerationModels, settings: Track) -> dict[str, Any]:
    part = row["sequence"][row["target_start"] - 1 : row["target_end"]]
    if "N" in part:
        return {}
    wanted, why = edits_for_length(len(part), settings)
    allowed = models.allowed_edits(part, row["system"], row["junction"], settings, wanted)
    return {
        "max_edits": allowed.max_edits,
        "edits_reason": allowed.reason or why,
        "background_rate": allowed.background_rate,
    }
