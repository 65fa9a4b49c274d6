"""Compute the day of each sample on the sample sheet."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl


def sample_days(samples: pl.DataFrame) -> dict[str, float | None]:
    """Compute the day of collection of each sample.

    `day` of the sheet has priority. Otherwise the day is the number of days from the patient's first baseline with a
    `collection_date` to the sample's `collection_date`, plus the `day` of this baseline if stated. If no baseline has a
    date, days are counted from the patient's first sample with a date.

    Args:
        samples: SAMPLES.

    Returns:
        Day by sample_id; None if the sheet gives neither a day nor a date.
    """
    result: dict[str, float | None] = {}
    for rows in samples.unique("sample_id", maintain_order=True).partition_by("subject_id", maintain_order=True):
        origin = _origin(rows)
        for row in rows.iter_rows(named=True):
            result[row["sample_id"]] = _day(row, origin)
    return result


def _origin(rows: pl.DataFrame) -> tuple[date, float] | None:
    """Return date and day of the sample from which days are counted; None if no sample has a date."""
    dated = rows.filter(pl.col("collection_date").is_not_null()).sort("collection_date")
    baselines = dated.filter(pl.col("role") == "baseline")
    chosen = baselines if baselines.height else dated
    if not chosen.height:
        return None
    first = chosen.row(0, named=True)
    return date.fromisoformat(first["collection_date"]), first["day"] or 0.0


def _day(row: dict[str, Any], origin: tuple[date, float] | None) -> float | None:
    if row["day"] is not None:
        return float(row["day"])
    if row["collection_date"] is None or origin is None:
        return None
    return float((date.fromisoformat(row["collection_date"]) - origin[0]).days) + origin[1]
