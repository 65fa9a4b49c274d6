"""Errors for tables that do not belong together."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from clonotrack.errors import QuantityError
from clonotrack.tables import MARKERS
from tests.quantify.one_followup import COUNTED, SCENARIO, run, sample_sheet
from tests.quantify.simulated_tables import hits, markers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counted": hits(COUNTED).with_columns(sample_id=pl.lit("X"))}, "hits of sample X .* have no row"),
        ({"counted": hits(COUNTED).with_columns(role=pl.lit("polyclonal_control"))}, "has the role polyclonal_control"),
        ({"counted": hits(COUNTED).filter(pl.col("target_kind") != "marker")}, "marker P.M0 of patient P was not"),
        (
            {"marker_table": pl.concat([markers(SCENARIO), markers(SCENARIO)])},
            "marker_id P.M0 is in the markers tables .* twice",
        ),
        ({"samples": sample_sheet(input_cells=0.0)}, "sample S0 has input_cells 0"),
        ({"marker_table": MARKERS.empty()}, "contain marker P.M0 of patient P, which is in no markers table"),
        ({"marker_table": MARKERS.empty(), "samples": sample_sheet(markers=None)}, "neither a baseline nor a markers"),
        ({"counted": hits(COUNTED).with_columns(run_id=pl.lit("a")), "samples": sample_sheet(run_id="b")}, "run_id a"),
        ({"background": hits(COUNTED).with_columns(sample_id=pl.lit("old"))}, "background sample old is of patient"),
    ],
)
def test_tables_that_do_not_belong_together_are_an_error(change: dict[str, Any], message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        run(**change)
