"""Days of samples, and change of MRD between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from clonotrack.quantify.kinetics import doubling_time, kinetics
from clonotrack.quantify.sample_days import sample_days
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
    assert sample_days(frame) == {"early": -7.0, "base": 0.0, "d33": 33.0, "own": 78.0, "none": None}


def test_days_by_date_start_at_the_day_of_the_baseline() -> None:
    frame = samples(("base", "baseline", -2.0, "2024-01-01"), ("later", "followup", None, "2024-01-31"))
    assert sample_days(frame) == {"base": -2.0, "later": 28.0}


def test_without_a_baseline_the_first_date_is_the_origin() -> None:
    frame = samples(("b", "followup", None, "2024-01-31"), ("a", "followup", None, "2024-01-01"))
    assert sample_days(frame) == {"b": 30.0, "a": 0.0}


LOD = 1e-6


def mrd(*rows: tuple[str, float | None, str, float | None], marker_id: str = "combined") -> pl.DataFrame:
    """Rows of sample, day, call and level; limits a factor of two about it, the LoD at 1e-6."""
    named = [
        {
            "subject_id": "P",
            "sample_id": name,
            "marker_id": marker_id,
            "day": day,
            "mrd": level,
            "mrd_low": None if level is None else level / 2,
            "mrd_high": None if level is None else 2 * level or 1e-6,
            "lod": None if call == "failed" else LOD,
            "reads": 0,
            "call": call,
        }
        for name, day, call, level in rows
    ]
    return pl.DataFrame(named, schema=MRD.schema())


def kinetics_rows(
    *rows: tuple[float | None, str, float | None], tissues: str | None = None
) -> dict[str, dict[str, Any]]:
    """KINETICS of a patient by sample: a baseline `s0`, follow-ups `s1` ..."""
    names = [f"s{i}" for i in range(len(rows))]
    sheet = pl.DataFrame(
        [
            {
                "subject_id": "P",
                "sample_id": name,
                "role": "followup" if i else "baseline",
                "reads_1": name,
                "tissue": tissues[i] if tissues else None,
            }
            for i, name in enumerate(names)
        ],
        schema=SAMPLES.schema(),
    )
    frame = kinetics(mrd(*((name, *row) for name, row in zip(names, rows, strict=True))), sheet, 365.0)
    return {row["sample_id"]: row for row in frame.iter_rows(named=True)}


def test_successive_samples_are_compared_on_the_log_scale() -> None:
    found = kinetics_rows(
        (0.0, "positive", 1e-1), (33.0, "positive", 1e-4), (None, "positive", 1e-2), (100.0, "positive", 1e-3)
    )
    assert list(found) == ["s1", "s3"]
    assert [row["previous_sample_id"] for row in found.values()] == ["s0", "s1"]
    assert [row["days_between"] for row in found.values()] == [33.0, 67.0]
    assert [row["log10_change"] for row in found.values()] == [pytest.approx(-3.0), pytest.approx(1.0)]
    assert [row["log10_reduction"] for row in found.values()] == [pytest.approx(3.0), pytest.approx(2.0)]


def test_a_clone_that_was_not_detected_is_below_the_lod_and_not_zero() -> None:
    found = kinetics_rows(
        (0.0, "positive", 1e-1), (30.0, "negative", 0.0), (60.0, "insufficient", 0.0), (90.0, "positive", 1e-4)
    )
    down, still, up = found.values()
    assert (down["log10_change"], down["change_bound"]) == (pytest.approx(-5.0), "at_most")
    assert (down["log10_reduction"], down["reduction_bound"]) == (pytest.approx(5.0), "at_least")
    assert (still["log10_change"], still["change_bound"]) == (None, None)
    assert (up["log10_change"], up["change_bound"]) == (pytest.approx(2.0), "at_least")
    assert (up["log10_reduction"], up["reduction_bound"]) == (pytest.approx(3.0), None)


def test_a_failed_sample_has_no_change_and_the_next_is_compared_with_the_one_before() -> None:
    found = kinetics_rows((0.0, "positive", 1e-1), (33.0, "failed", None), (50.0, "positive", 1e-3))
    assert (found["s1"]["log10_change"], found["s1"]["call"]) == (None, "failed")
    assert (found["s2"]["previous_sample_id"], found["s2"]["log10_change"]) == ("s0", pytest.approx(-2.0))


def test_a_rise_is_a_log_over_the_lowest_level_before_it() -> None:
    found = kinetics_rows(
        (0.0, "positive", 1e-1),
        (30.0, "positive", 2e-5),
        (60.0, "positive", 1.5e-4),
        (90.0, "positive", 3e-4),
        (120.0, "negative", 0.0),
        (150.0, "positive_below_loq", 9e-6),
        (180.0, "positive", 1e-5),
    )
    assert [row["rise"] for row in found.values()] == [False, False, True, False, False, True]
    assert found["s6"]["lowest"] == LOD


def test_doubling_time_with_its_interval() -> None:
    """Four times in 60 days are two doublings; both levels are known within a factor of two."""
    row = kinetics_rows((0.0, "positive", 1e-3), (30.0, "positive", 1e-4), (90.0, "positive", 4e-4))["s2"]
    assert row["doubling_days"] == pytest.approx(30.0)
    assert row["doubling_low"] == pytest.approx(60 / (2 + 2**0.5))
    assert row["doubling_high"] == pytest.approx(60 / (2 - 2**0.5))
    assert kinetics_rows((0.0, "positive", 1e-4), (60.0, "positive", 2e-4))["s1"]["doubling_high"] is None
    assert kinetics_rows((0.0, "positive", 1e-4), (60.0, "positive", 1e-5))["s1"]["doubling_days"] is None


def test_after_a_negative_sample_the_doubling_time_has_only_an_upper_limit() -> None:
    row = kinetics_rows((0.0, "positive", 1e-3), (30.0, "negative", 0.0), (90.0, "positive", 1.6e-5))["s2"]
    assert (row["doubling_days"], row["doubling_low"]) == (None, None)
    assert row["doubling_high"] == pytest.approx(60 / 3)


def test_the_interval_of_the_doubling_time_contains_the_true_one() -> None:
    rng = np.random.default_rng(7)
    held = []
    for early, late in zip(rng.poisson(20, 2000), rng.poisson(80, 2000), strict=True):
        points = [(n, n - 1.96 * n**0.5 + 1, n + 1.96 * n**0.5 + 2) for n in (float(early), float(late))]
        _, low, high = doubling_time(60.0, *points) or (0.0, 0.0, None)
        held.append(low <= 30.0 <= (high or np.inf))
    assert 0.93 <= np.mean(held) <= 0.98


def test_time_to_negativity_lies_between_the_last_positive_and_the_first_negative() -> None:
    found = kinetics_rows(
        (-2.0, "positive", 1e-1), (33.0, "positive", 1e-4), (60.0, "insufficient", 0.0), (78.0, "negative", 0.0)
    )
    assert found["s2"]["days_to_negativity"] is None
    assert (found["s3"]["days_positive"], found["s3"]["days_to_negativity"]) == (35.0, 80.0)
    assert (found["s3"]["negative_since"], found["s3"]["sustained"]) == (78.0, False)


def test_negativity_is_sustained_by_two_negatives_a_year_apart() -> None:
    start = [(0.0, "positive", 1e-1), (100.0, "negative", 0.0)]
    found = kinetics_rows(*start, (300.0, "insufficient", 0.0), (464.0, "negative", 0.0), (465.0, "negative", 0.0))
    assert [row["sustained"] for row in found.values()] == [False, False, False, True]
    broken = kinetics_rows(
        *start, (300.0, "positive_below_loq", 2e-6), (465.0, "negative", 0.0), (900.0, "negative", 0.0)
    )
    assert [row["sustained"] for row in broken.values()] == [False, False, False, True]
    assert broken["s3"]["negative_since"] == 465.0
    assert broken["s4"]["days_to_negativity"] == 100.0


def test_marrow_is_not_compared_with_blood() -> None:
    found = kinetics_rows((0.0, "positive", 1e-1), (30.0, "positive", 1e-3), (60.0, "positive", 1e-4), tissues="MBM")
    assert list(found) == ["s2"]
    assert found["s2"]["previous_sample_id"] == "s0"
