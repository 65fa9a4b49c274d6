"""The cohort for another program: a flat table, and a nested document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clonotrack.errors import TableError
from clonotrack.io.tables import read_table, write_table
from clonotrack.report import cohort, statement
from clonotrack.tables import COHORT, MRD
from tests.report import example_cohort


def test_every_row_has_its_statement() -> None:
    frame, _ = cohort(example_cohort.mrd(), example_cohort.markers(), targets={"p1": 1e-4})
    assert frame.columns == COHORT.names
    assert (
        frame.select(MRD.names)
        .sort("sample_id", "marker_id")
        .equals(example_cohort.mrd().sort("sample_id", "marker_id"))
    )
    for row in frame.rows(named=True):
        assert row["statement"] == statement(row, 1e-4 if row["subject_id"] == "p1" else None)


def test_the_table_is_equal_after_writing_and_reading(tmp_path: Path) -> None:
    frame, _ = cohort(example_cohort.mrd(), example_cohort.markers())
    write_table(frame, COHORT, tmp_path / "cohort.tsv")
    assert read_table(tmp_path / "cohort.tsv", COHORT).equals(frame)


def test_the_document_has_every_result_with_markers_and_provenance() -> None:
    summaries = example_cohort.summaries(example_cohort.mrd())
    _, document = cohort(example_cohort.mrd(), example_cohort.markers(), targets={"p1": 1e-4}, provenance=summaries)
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again == document
    assert again["provenance"] == json.loads(json.dumps(summaries))
    first = again["subjects"]["p1"]
    assert first["target_level"] == 1e-4
    assert list(first["samples"]) == ["p1_dx", "p1_d15", "p1_d33", "p1_d78", "p1_d120", "p1_d150", "p1_d180"]
    sample = first["samples"]["p1_d33"]
    assert sample["day"] == 33
    assert sample["combined"]["molecules"] == 36.0
    assert list(sample["markers"]) == [example_cohort.IGH, example_cohort.IGK]
    assert first["markers"][example_cohort.IGH]["selected"] is True
    assert len(first["markers"]) == 4
    assert (
        sum(len(s["markers"]) + 1 for p in again["subjects"].values() for s in p["samples"].values())
        == example_cohort.mrd().height
    )


def test_nan_becomes_null() -> None:
    row = example_cohort.result("d1", 1.0, "combined", "failed", mrd=float("nan"))
    _, document = cohort(example_cohort.mrd(row), example_cohort.markers())
    assert document["subjects"]["p1"]["samples"]["d1"]["combined"]["mrd"] is None


def test_same_input_same_document() -> None:
    once, again = (cohort(example_cohort.mrd(), example_cohort.markers()) for _ in range(2))
    assert once[0].equals(again[0])
    assert json.dumps(once[1]) == json.dumps(again[1])


def test_a_table_that_is_not_mrd_is_an_error() -> None:
    with pytest.raises(TableError, match="table MRD, column call"):
        cohort(example_cohort.mrd().drop("call"), example_cohort.markers())
