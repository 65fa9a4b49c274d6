"""Build the results of a cohort for other programs: a flat table, a nested document, and a table for MultiQC."""

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
    """Build the results of all patients with the statement of each result, as a table and as a nested document.

    Patients have the order of `mrd`, and the samples of a patient are sorted by day.

    Args:
        mrd: MRD.
        markers: MARKERS of all patients in one table.
        targets: target level of each patient, by subject_id [clone cells per nucleated cell]; None if not known.
        provenance: parsed ``summary.json`` files, by the name under which each is shown; None without provenance.

    Returns:
        The table COHORT; and the document ``subjects -> samples -> results by marker`` with markers and provenance. In
        the document NaN is replaced by None, because JSON has no NaN.

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
"""Title, description and number format (None for text) of each MRD column that MultiQC shows."""


def multiqc(mrd: pl.DataFrame) -> dict[str, Any]:
    """Build the content of ``clonotrack_mqc.json``, from which MultiQC shows the combined result of each sample."""
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
    """Return the values of a sample that are not missing; MultiQC leaves the cells of missing values empty."""
    values = {name: number(row[name]) if HEADERS[name][2] else row[name] for name in HEADERS}
    values["call"] = CALL_NAMES[row["call"]]
    return {name: value for name, value in values.items() if value is not None}
