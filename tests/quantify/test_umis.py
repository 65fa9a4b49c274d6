"""Molecules counted by UMI, in the whole stage."""

from __future__ import annotations

import polars as pl
import pytest

from tests.quantify.counts import hits
from tests.quantify.small import COUNTED, assert_failed, one_sample, only, run, with_reads, with_umis


def test_umis_are_counted_and_capture_comes_from_the_calibrators_umis() -> None:
    """24 UMIs of 40 copies are a capture of 0.6, which 30 molecules of the marker are held to."""
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
def test_umis_that_say_nothing_of_molecules_fail_the_row(umis: dict[str, int | None], flag: str) -> None:
    assert_failed(only(run(counted=with_umis(hits(COUNTED), umis))), flag)


def test_the_depth_of_a_tube_without_a_molecule_of_any_target_is_not_known_unless_the_cells_tell() -> None:
    none = with_umis(with_reads(hits(COUNTED), "marker", 0), {"marker": 0, "control": 0})
    assert_failed(only(run(counted=none, known={})), "depth_unknown")
    row = only(run(counted=none, known={}, samples=one_sample(b_fraction=0.5)))
    assert (row["call"], row["counting"]) == ("negative", "umi")
    seen = none.with_columns(umis=pl.when(pl.col("target_kind") == "locus").then(300_000).otherwise("umis"))
    assert only(run(counted=seen, known={}))["call"] == "negative"


def test_tubes_that_count_differently_are_counted_by_reads() -> None:
    two = pl.concat([one_sample(replicate="1"), one_sample(replicate="2", reads_1="other.fastq")])
    tagged = with_umis(hits(COUNTED), {"marker": 30, "control": 24}).with_columns(replicate=pl.lit("1"))
    row = only(run(samples=two, counted=pl.concat([tagged, hits(COUNTED).with_columns(replicate=pl.lit("2"))])))
    assert (row["counting"], row["reads"], row["umis"]) == ("spike_in", 180, None)
