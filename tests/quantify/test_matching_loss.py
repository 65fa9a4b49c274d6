"""Correction for reads with more errors than the allowed edits of a marker."""

import polars as pl
import pytest

from tests.quantify.one_followup import COUNTED, only, run, with_reads
from tests.quantify.simulated_tables import hits


def test_a_matching_loss_raises_the_level_and_its_limits_by_one_factor() -> None:
    of_marker = pl.col("target_kind") == "marker"
    frame = hits(COUNTED).with_columns(matching_loss=pl.when(of_marker).then(pl.lit(0.25)))
    plain, lossy = only(run()), only(run(counted=frame))
    assert lossy["mrd"] == pytest.approx(plain["mrd"] / 0.75)
    assert lossy["clone_cells"] == pytest.approx(plain["clone_cells"] / 0.75)
    empty = only(run(counted=with_reads(frame, "marker", 0)))
    assert empty["lod"] > only(run(counted=with_reads(hits(COUNTED), "marker", 0)))["lod"]
