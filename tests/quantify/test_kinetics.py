"""Days of samples, and how MRD moved between them."""

from __future__ import annotations

import polars as pl
import pytest

from clonotrack.quantify.days import days
from clonotrack.quantify.kinetics import kinetics
from clonotrack.tables import MRD, SAMPLES


def samples(*rows: tuple[str, str, float | None, str | None]) -> pl.DataFrame:
    named = [
        {
            "subject_id": "P",
            "sample_id": name,
            "role": role,
            "reads_1": name,
            "day": day,
            "collection_date": date,
        }
        for name, role, day, date in rows
    ]
    return pl.DataFrame(named, schema=SAMPLES.schema())


def test_the_day_of_the_sheet_is_kept_and_a_date_is_counted_from_the_baseline() -> None:
    frame = samples(
        ("early", "followup", None, "2023-12-25"),
        ("base", "baseline", None, "2024-01-01"),
        ("d33", "followup", None, "2024-02-03"),
        ("own", "followup", 78.0, "2024-05-01"),
        ("none", "followup", None, None),
    )
    assert days(frame) == {"early": -7.0, "base": 0.0, "d33": 33.0, "own": 78.0, "none": None}


def test_a_baseline_may_have_a_day_of_its_own() -> None:
    frame = samples(("base", "baseline", -2.0, "2024-01-01"), ("later", "followup", None, "2024-01-31"))
    assert days(frame) == {"base": -2.0, "later": 28.0}


def test_without_a_baseline_the_first_date_is_the_origin() -> None:
    frame = samples(("b", "followup", None, "2024-01-31"), ("a", "followup", None, "2024-01-01"))
    assert days(frame) == {"b": 30.0, "a": 0.0}


def mrd(*rows: tuple[str, float | None, float | None]) -> pl.DataFrame:
    named = [
        {
            "subject_id": "P",
            "sample_id": name,
            "marker_id": "combined",
            "day": day,
            "mrd": level,
            "reads": 0,
            "call": "failed" if level is None else "negative" if level == 0 else "positive",
        }
        for name, day, level in rows
    ]
    return pl.DataFrame(named, schema=MRD.schema())


def test_successive_samples_are_compared_on_the_log_scale() -> None:
    frame = kinetics(mrd(("c", 70.0, 0.0), ("a", 0.0, 1e-1), ("b", 33.0, 1e-4), ("d", 100.0, 1e-3), ("x", None, 1e-2)))
    assert frame.get_column("sample_id").to_list() == ["b", "c", "d"]
    assert frame.get_column("previous_sample_id").to_list() == ["a", "b", "c"]
    assert frame.get_column("days_between").to_list() == [33.0, 37.0, 30.0]
    assert frame.get_column("log10_change").to_list() == [pytest.approx(-3.0), None, None]


def test_a_failed_sample_has_no_change() -> None:
    frame = kinetics(mrd(("a", 0.0, 1e-1), ("b", 33.0, None)))
    assert frame.select("log10_change", "call").rows() == [(None, "failed")]
