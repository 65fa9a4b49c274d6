"""Results of a whole cohort for other programs: a flat table, a nested document, and a table for MultiQC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from clonotrack.report.formats import number
from clonotrack.report.series import patient_series
from clonotrack.report.statement import CALL_NAMES, statement
from clonotrack.tables import COHORT, COMBINED, MARKERS, MRD, check


def cohort(
    mrd: pl.DataFrame,
    markers: pl.DataFrame,
    *,
    targets: Mapping[str, float] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Add its statement to every result, patients in the order of the table and their samples by day.

    Args:
        mrd: MRD.
        markers: MARKERS of all patients in one table.
        targets: level that a negative result has to reach, by subject_id [clone cells per nucleated cell].
        provenance: the parsed ``summary.json`` of each sample, by a name for it.

    Returns:
        The table COHORT; and the document ``subjects -> samples -> results by marker`` with markers and provenance. The
        document contains only values that JSON has.

    Raises:
        TableError: a sample has no `combined` row.
    """
    rows: list[dict[str, Any]] = []
    subjects: dict[str, Any] = {}
    for subject_id in check(mrd, MRD).get_column("subject_id").unique(maintain_order=True):
        target = (targets or {}).get(subject_id)
        series = patient_series(mrd, subject_id)
        own = [{**row, "statement": statement(row, target)} for sample in series.samples for row in sample.results]
        rows += own
        subjects[subject_id] = {
            "target_level": target,
            "markers": _by_id(markers.filter(pl.col("subject_id") == subject_id).select(MARKERS.names)),
            "samples": {sample.sample_id: _sample(own, sample.sample_id) for sample in series.samples},
        }
    frame = pl.DataFrame(rows, schema=COHORT.schema())
    return frame, {"subjects": subjects, "provenance": dict(provenance or {})}


def _sample(rows: list[dict[str, Any]], sample_id: str) -> dict[str, Any]:
    own = {row["marker_id"]: _finite(row) for row in rows if row["sample_id"] == sample_id}
    combined = own.pop(COMBINED)
    return {"day": combined["day"], COMBINED: combined, "markers": own}


def _by_id(markers: pl.DataFrame) -> dict[str, Any]:
    return {row["marker_id"]: _finite(row) for row in markers.rows(named=True)}


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """Replace NaN by None, because JSON has no NaN."""
    return {key: number(value) if isinstance(value, float) else value for key, value in row.items()}


LEVEL = "{:.1e}"
HEADERS = {
    "mrd": ("MRD", "clone cells per nucleated cell", LEVEL),
    "mrd_low": ("MRD low", "lower limit of the 95 % interval", LEVEL),
    "mrd_high": ("MRD high", "upper limit of the 95 % interval", LEVEL),
    "lod": ("LoD", "level that the decision rule calls positive in 95 % of samples", LEVEL),
    "loq": ("LoQ", "lowest level with an RMS error of at most 70 %", LEVEL),
    "input_cells": ("Cells", "input cells: nucleated cells in the tubes", "{:,.0f}"),
    "molecules": ("Molecules", "captured molecules of the clone", "{:,.1f}"),
    "call": ("Call", "result of the decision rule", None),
    "flags": ("Flags", "conditions of the result", None),
}
"""Column: title, description, format."""


def multiqc(mrd: pl.DataFrame) -> dict[str, Any]:
    """Build the document ``*_mqc.json``, by which MultiQC shows the combined result of each sample."""
    rows = mrd.filter(pl.col("marker_id") == COMBINED).iter_rows(named=True)
    return {
        "id": "clonotrack_mrd",
        "section_name": "clonotrack: MRD",
        "description": "Clone cells per nucleated cell. Research use only.",
        "plot_type": "table",
        "pconfig": {"id": "clonotrack_mrd_table", "title": "clonotrack: MRD", "no_violin": True},
        "headers": {name: _header(*header) for name, header in HEADERS.items()},
        "data": {row["sample_id"]: _row(row) for row in rows},
    }


def _header(title: str, description: str, form: str | None) -> dict[str, Any]:
    header = {"title": title, "description": description}
    return header if form is None else header | {"format": form}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Return the known values of a sample; MultiQC shows a missing one as an empty cell."""
    values = {name: number(row[name]) if HEADERS[name][2] else row[name] for name in HEADERS}
    values["call"] = CALL_NAMES[row["call"]]
    return {name: value for name, value in values.items() if value is not None}
