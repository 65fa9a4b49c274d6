"""Effect of the patient's own baseline on the LoD of a follow-up on the same run."""

import numpy as np
import polars as pl
import pytest

from tests.quantify.simulated_tables import Counts, Scenario, config, controls, hits, markers, rows_of, sheet

SCENARIO = Scenario(1e-2)


def limit(runs: tuple[str | None, str | None]) -> tuple[float, str]:
    """Return LoD and flags of a sample without a read of the marker, with a baseline of 600,000 reads."""
    from clonotrack.quantify.stage import quantify

    counted = hits(Counts(np.array([[0], [600_000]]), np.full((2, 9), 120)))
    counted = counted.with_columns(
        run_id=pl.col("sample_id").replace_strict(dict(zip(("S0", "S1"), runs, strict=True)))
    )
    samples = sheet(SCENARIO, 2).with_columns(run_id=pl.Series(runs, dtype=pl.String))
    result = quantify(counted, samples, markers(SCENARIO), {"default": controls(SCENARIO)}, config(SCENARIO))
    row = rows_of(result, "P.M0").filter(pl.col("sample_id") == "S0").row(0, named=True)
    return row["lod"], row["flags"] or ""


@pytest.mark.parametrize("runs", [("r1", "r1"), (None, None)])
def test_a_baseline_on_the_same_or_an_unknown_run_raises_the_limit_of_detection(
    runs: tuple[str | None, str | None],
) -> None:
    alone, flags = limit(("r1", "r2"))
    assert "hopping_assumed" not in flags
    beside, flags = limit(runs)
    assert "hopping_assumed" in flags
    assert beside > 10 * alone
