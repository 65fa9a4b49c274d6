"""Tables that do not belong together."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from clonotrack.errors import QuantityError
from clonotrack.tables import MARKERS
from tests.quantify.counts import hits, markers
from tests.quantify.small import COUNTED, TRUTH, one_sample, run


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counted": hits(COUNTED).with_columns(sample_id=pl.lit("X"))}, "hits of sample X .* have no row"),
        ({"counted": hits(COUNTED).with_columns(role=pl.lit("polyclonal_control"))}, "is a polyclonal_control"),
        ({"counted": hits(COUNTED).filter(pl.col("target_kind") != "marker")}, "marker P.M0 of patient P was not"),
        ({"tracked": pl.concat([markers(TRUTH), markers(TRUTH)])}, "marker P.M0 stands twice"),
        ({"samples": one_sample(input_cells=0.0)}, "sample S0 has input_cells 0"),
        ({"tracked": MARKERS.empty()}, "hold marker P.M0 of patient P, which no markers table has"),
        ({"tracked": MARKERS.empty(), "samples": one_sample(markers=None)}, "neither a baseline nor a markers"),
        ({"counted": hits(COUNTED).with_columns(run_id=pl.lit("a")), "samples": one_sample(run_id="b")}, "run_id a"),
        ({"background": hits(COUNTED).with_columns(sample_id=pl.lit("old"))}, "sample old is given as background"),
    ],
)
def test_tables_that_do_not_belong_together_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        run(**change)
