"""The table for MultiQC."""

from __future__ import annotations

import json

import polars as pl

from clonotrack.report import multiqc
from tests.report import example_cohort


def test_each_sample_has_a_row_of_json_values() -> None:
    document = multiqc(example_cohort.mrd())
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    combined = example_cohort.mrd().filter(pl.col("marker_id") == "combined")
    assert list(document["data"]) == combined.get_column("sample_id").to_list()
    row = document["data"]["p1_d33"]
    assert set(row) <= set(document["headers"])
    assert (row["call"], row["molecules"]) == ("Positive", 36.0)


def test_missing_values_are_left_out() -> None:
    assert set(multiqc(example_cohort.mrd())["data"]["p1_d150"]) == {"input_cells", "molecules", "call", "flags"}
