"""A sample beside the patient's own baseline: on one run its reads hop, on another they do not."""

import numpy as np
import polars as pl
import pytest

from tests.quantify.counts import Drawn, Truth, config, controls, hits, markers, rows_of, sheet

TRUTH = Truth(1e-2)


def limit(runs: tuple[str | None, str | None]) -> tuple[float, str]:
    """LoD and flags of a sample without a read of the marker, beside one with 600,000."""
    from clonotrack.quantify.stage import quantify

    counted = hits(Drawn(np.array([[0], [600_000]]), np.full((2, 9), 120)))
    counted = counted.with_columns(
        run_id=pl.col("sample_id").replace_strict(dict(zip(("S0", "S1"), runs, strict=True)))
    )
    samples = sheet(TRUTH, 2).with_columns(run_id=pl.Series(runs, dtype=pl.String))
    result = quantify(counted, samples, markers(TRUTH), {"default": controls(TRUTH)}, config(TRUTH))
    row = rows_of(result, "P.M0").filter(pl.col("sample_id") == "S0").row(0, named=True)
    return row["lod"], row["flags"] or ""


@pytest.mark.parametrize("runs", [("r1", "r1"), (None, None)])
def test_a_baseline_on_the_run_or_on_one_that_is_not_stated_raises_the_limit(
    runs: tuple[str | None, str | None],
) -> None:
    alone, flags = limit(("r1", "r2"))
    assert "hopping_assumed" not in flags
    beside, flags = limit(runs)
    assert "hopping_assumed" in flags
    assert beside > 10 * alone
