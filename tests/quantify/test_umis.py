"""Molecules counted by UMI, in the whole stage."""

from __future__ import annotations

import polars as pl
import pytest

from tests.quantify.one_followup import COUNTED, assert_failed, only, run, sample_sheet, with_reads, with_umis
from tests.quantify.simulated_tables import hits


def test_capture_comes_from_the_umis_of_the_calibrators() -> None:
    """24 UMIs of 40 copies are a capture of 0.6, which also applies to the 30 molecules of the marker."""
    row = only(run(counted=with_umis(hits(COUNTED), {"marker": 30, "control": 24})))
    assert (row["counting"], row["reads"], row["umis"]) == ("umi", 90, 30)
    assert row["capture"] == pytest.approx(0.6)
    assert 0.98 * 50 < row["clone_cells"] < 50


@pytest.mark.parametrize(
    ("umis", "flag"),
    [
        ({"marker": None, "control": 24}, "umi_saturated"),
        ({"marker": 30, "control": 0}, "calibrators_not_found"),
        ({"marker": 30, "control": 90}, "too_many_calibrators"),
    ],
)
def test_umis_that_cannot_be_converted_to_molecules_fail_the_row(umis: dict[str, int | None], flag: str) -> None:
    assert_failed(only(run(counted=with_umis(hits(COUNTED), umis))), flag)


def test_without_a_umi_the_depth_comes_from_the_cells_or_is_unknown() -> None:
    none = with_umis(with_reads(hits(COUNTED), "marker", 0), {"marker": 0, "control": 0})
    assert_failed(only(run(counted=none, control_tables={})), "depth_unknown")
    row = only(run(counted=none, control_tables={}, samples=sample_sheet(b_fraction=0.5)))
    assert (row["call"], row["counting"]) == ("negative", "umi")
    seen = none.with_columns(umis=pl.when(pl.col("target_kind") == "locus").then(300_000).otherwise("umis"))
    assert only(run(counted=seen, control_tables={}))["call"] == "negative"


def test_tubes_with_and_without_umis_are_counted_by_reads() -> None:
    two = pl.concat([sample_sheet(replicate="1"), sample_sheet(replicate="2", reads_1="other.fastq")])
    tagged = with_umis(hits(COUNTED), {"marker": 30, "control": 24}).with_columns(replicate=pl.lit("1"))
    row = only(run(samples=two, counted=pl.concat([tagged, hits(COUNTED).with_columns(replicate=pl.lit("2"))])))
    assert (row["counting"], row["reads"], row["umis"]) == ("spike_in", 180, None)
