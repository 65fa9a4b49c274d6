"""The cohort in a terminal."""

from __future__ import annotations

import polars as pl
import pytest

from clonotrack.report import terminal_table
from tests.report import example_cohort


def test_a_small_cohort() -> None:
    mrd = example_cohort.mrd(*example_cohort.first_patient()).filter(
        pl.col("sample_id").is_in(["p1_d33", "p1_d150", "p1_d180"])
    )
    assert terminal_table(mrd.filter(pl.col("marker_id") != example_cohort.IGK)).splitlines() == [
        "sample    day  marker        reads  clone cells  MRD [95 % interval]         LoD  call      flags",
        "-------------------------------------------------------------------------------------------------",
        "p1",
        " p1_d33    33  combined      1,116           60  1.2e-4 [8.0e-5, 1.7e-4]  1.0e-5  positive",
        "               IGH.3f9a2c1e  1,250           67  1.3e-4 [9.2e-5, 1.9e-4]  1.0e-5  positive",
        " p1_d150  150  combined         12            -  -                             -  failed    a",
        "               IGH.3f9a2c1e     12            -  -                             -  failed    a",
        " p1_d180  180  combined          0            0  0 [0, 1.2e-5]            1.0e-5  negative",
        "               IGH.3f9a2c1e      0            0  0 [0, 1.2e-5]            1.0e-5  negative",
        "",
        "a  control_contaminated: A no-template control of this run contains more reads of the marker than index",
        "   hopping explains, so the run is contaminated: repeat it from the DNA.",
    ]


def test_the_truth_is_shown_with_the_results() -> None:
    truth = pl.DataFrame(
        {
            "sample_id": ["p1_d33", "p1_d15", "p1_d180", "elsewhere"],
            "true_mrd": [1e-4, 2e-2, 0.0, 0.5],
            "expected_call": ["positive", "positive", "insufficient", "failed"],
        }
    )
    table = terminal_table(example_cohort.mrd(*example_cohort.first_patient()), truth)
    header, *lines = table.splitlines()
    assert header.split()[-3:] == ["truth", "in", "right"]
    ends = {words[0]: words[-3:] for line in lines if (words := line.split()) and words[0].startswith("p1_")}
    assert ends["p1_d33"] == ["1.0e-4", "yes", "yes"]
    assert ends["p1_d15"] == ["2.0e-2", "NO", "yes"]
    assert ends["p1_d180"] == ["0", "yes", "NO"]
    assert ends["p1_d120"] == ["4.2e-4", "insufficient", "b"]


def test_truth_without_expected_call() -> None:
    truth = pl.DataFrame({"sample_id": ["p1_d33"], "true_mrd": [1e-4]})
    (line,) = [
        line
        for line in terminal_table(example_cohort.mrd(*example_cohort.first_patient()), truth).splitlines()
        if "p1_d33" in line
    ]
    assert line.split()[-2:] == ["1.0e-4", "yes"]


def test_truth_of_each_marker() -> None:
    truth = pl.DataFrame(
        {"sample_id": ["p1_d33"] * 2, "marker_id": ["combined", example_cohort.IGK], "true_mrd": [1e-3, 1e-4]}
    )
    table = terminal_table(example_cohort.mrd(*example_cohort.first_patient()), truth).splitlines()
    start = next(number for number, line in enumerate(table) if "p1_d33" in line)
    ends = [line.split()[-2:] for line in table[start : start + 3]]
    assert ends == [["1.0e-3", "NO"], ["1.0e-5", "positive"], ["1.0e-4", "yes"]]


@pytest.mark.parametrize("with_truth", [False, True])
def test_fits_the_terminal_and_keeps_its_columns(with_truth: bool) -> None:
    mrd = example_cohort.mrd().with_columns(
        (pl.col("sample_id") + "-bone-marrow-aspirate-first-pull-of-the-second-biopsy"),
        pl.when(pl.col("marker_id") == "combined").then("marker_id").otherwise(pl.col("marker_id") + "-" + "x" * 70),
        pl.col("reads") * 1000,
    )
    truth = mrd.select("sample_id", true_mrd=pl.lit(1e-4), expected_call="call").unique() if with_truth else None
    lines = terminal_table(mrd, truth).splitlines()
    assert max(map(len, lines)) <= 110
    start = lines[0].index("MRD")
    rows = lines[: lines.index("")]  # what follows explains the flags
    calls = [line for line in rows if " negative" in line or " positive" in line]
    assert len(calls) > 20
    assert all(line[start - 1] == " " and line[start] in "0123456789" for line in calls)


def test_every_flag_is_explained() -> None:
    table = terminal_table(example_cohort.mrd())
    used = {flag for flags in example_cohort.mrd()["flags"].drop_nulls() for flag in flags.split(",")}
    assert all(f"  {flag}: " in table for flag in used)
