"""The results as MultiQC's custom content: one table, a row for each sample, in a report of the whole run."""

from __future__ import annotations

from typing import Any

import polars as pl

from clonotrack.report.formats import number
from clonotrack.report.statement import CALL_NAMES
from clonotrack.tables import COMBINED

LEVEL = "{:.1e}"
HEADERS = {
    "mrd": ("MRD", "clone cells per nucleated cell", LEVEL),
    "mrd_low": ("MRD low", "lower 95 % limit", LEVEL),
    "mrd_high": ("MRD high", "upper 95 % limit", LEVEL),
    "lod": ("LoD", "level that is called in 95 % of such samples", LEVEL),
    "loq": ("LoQ", "lowest level that is quantified", LEVEL),
    "input_cells": ("Cells", "nucleated cells in the tubes", "{:,.0f}"),
    "molecules": ("Molecules", "of the clone", "{:,.1f}"),
    "call": ("Call", "the decision", None),
    "flags": ("Flags", "what the reader must know", None),
}
"""Column: title, description, format."""


def multiqc(mrd: pl.DataFrame) -> dict[str, Any]:
    """The combined result of each sample as a document that MultiQC finds by its name, ``*_mqc.json``."""
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
    """What is known of a sample; MultiQC leaves a cell without a value empty."""
    values = {name: number(row[name]) if HEADERS[name][2] else row[name] for name in HEADERS}
    values["call"] = CALL_NAMES[row["call"]]
    return {name: value for name, value in values.items() if value is not None}
