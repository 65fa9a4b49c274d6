"""Effects of no-template controls, polyclonal controls and unrelated samples on the results."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from clonotrack.quantify.stage import Result, quantify
from clonotrack.tables import CONTROLS, HITS, SAMPLES
from tests.quantify.simulated_tables import Counts, Scenario, config, controls, hit, hits, markers, sheet

SCENARIO = Scenario(1e-4, marker_columns={"background_rate": None})


def control(sample_id: str, role: str, reads: int, **changed: object) -> pl.DataFrame:
    """HITS of a control sample: one marker of patient P, calibrators as in the samples."""
    common = {"role": role, "subject_id": None} | changed
    rows = [hit(sample_id, "P.M0", "marker", reads, **common), hit(sample_id, "scanned", "total", 10**6, **common)]
    rows += [hit(sample_id, f"C{i}", "control", 72, **common) for i in range(9)]
    return pl.DataFrame(rows, schema=HITS.schema())


def run(
    reads: int, *background: pl.DataFrame, scenario: Scenario = SCENARIO, run_id: str | None = None, **settings: object
) -> Result:
    counted = hits(Counts(np.array([[reads]]), np.full((1, 9), 72))).with_columns(
        run_id=pl.lit(run_id, dtype=pl.String)
    )
    cells = [
        {"sample_id": name, "role": "polyclonal_control", "reads_1": name, "input_cells": 2e6} for name in ("PC", "PC2")
    ]
    samples = pl.concat([sheet(scenario, 1), pl.DataFrame(cells, schema=SAMPLES.schema())])
    others = pl.concat(background) if background else None
    return quantify(
        counted, samples, markers(scenario), {"default": controls(scenario)}, config(scenario, **settings), others
    )


def only(result: Result, marker_id: str = "P.M0") -> dict[str, Any]:
    return result.mrd.filter(pl.col("marker_id") == marker_id).row(0, named=True)


def test_a_clean_no_template_control_passes() -> None:
    result = run(90, control("N", "negative_control", 0))
    assert only(result)["call"] == "positive"
    (checked,) = result.control_checks.rows(named=True)
    assert (checked["reads"], checked["p_value"], checked["passed"]) == (0, 1.0, True)
    assert result.warnings == ()


def test_a_contaminated_no_template_control_fails_the_marker_in_its_run() -> None:
    result = run(90, control("N", "negative_control", 30, run_id="r1"), run_id="r1")
    for marker_id in ("P.M0", "combined"):
        row = only(result, marker_id)
        assert (row["call"], row["mrd"], row["reads"]) == ("failed", None, 90)
        assert "control_contaminated" in row["flags"]
        assert "No-template control N holds 30 reads of marker P.M0" in row["explanation"]
    assert result.control_checks.get_column("passed").to_list() == [False]
    (warning,) = result.warnings
    assert warning.endswith("the marker failed in run r1.")


def test_reads_that_carry_over_explains_do_not_fail_a_no_template_control() -> None:
    """The sample's own 90,000 reads leave about 90 in the only other tube of the run at the assumed 0.1 %."""
    result = run(90_000, control("N", "negative_control", 60, run_id="r1"), run_id="r1")
    (checked,) = result.control_checks.rows(named=True)
    assert (checked["expected"], checked["passed"]) == (pytest.approx(90), True)
    assert only(result)["call"] == "positive"
    assert not run(90, control("N", "negative_control", 60, run_id="r1"), run_id="r1").control_checks["passed"][0]


def test_a_no_template_control_does_not_affect_another_run() -> None:
    result = run(90, control("N", "negative_control", 50, run_id="r1"), run_id="r2")
    assert only(result)["call"] == "positive"


@pytest.mark.parametrize(("of_control", "of_sample"), [("r1", None), (None, "r1"), (None, None)])
def test_a_no_template_control_without_a_run_id_affects_every_run(
    of_control: str | None, of_sample: str | None
) -> None:
    result = run(90, control("N", "negative_control", 50, run_id=of_control), run_id=of_sample)
    assert only(result)["call"] == "failed"


def test_a_marker_that_fails_by_a_control_leaves_the_others() -> None:
    scenario = Scenario(1e-4, markers=2)
    counted = hits(Counts(np.array([[90, 90]]), np.full((1, 9), 72)))
    result = quantify(
        counted,
        sheet(scenario, 1),
        markers(scenario),
        {"default": controls(scenario)},
        config(scenario),
        control("N", "negative_control", 90),
    )
    calls = dict(result.mrd.select("marker_id", "call").iter_rows())
    assert calls == {"P.M0": "failed", "P.M1": "positive", "combined": "positive"}
    combined = only(result, "combined")
    assert (combined["reads"], combined["copies_per_cell"]) == (90, 1.0)
    assert "control_contaminated" in combined["flags"]


def test_background_in_polyclonal_controls_explains_as_much_in_a_sample() -> None:
    """72 reads of 4 million control cells are 20 molecules, 1e-5 a cell; 9 reads of 500,000 are 3 where 5 are due."""
    shared = [control(name, "polyclonal_control", 36) for name in ("PC", "PC2")]
    result = run(9, *shared)
    row = only(result)
    rate = result.qc.filter(pl.col("metric") == "background_rate P.M0").get_column("value").item()
    assert 0.5e-5 < rate < 1.1e-5
    assert (row["call"], row["flags"]) == ("negative", "shared_rearrangement")
    assert row["explanation"].startswith("Shared rearrangement: 72 reads in 4,000,000 cells of unrelated samples, ")
    assert row["explanation"].endswith(" reads expected here, 9 counted.")
    assert row["p_value"] > 0.001
    assert row["lob"] > 0
    certain = Scenario(1e-4, marker_columns={"background_rate": 0.0})
    assert only(run(9, scenario=certain))["call"] == "positive_below_loq"
    assert row["lod"] > 2 * only(run(9, scenario=certain))["lod"]


def test_reads_that_another_patients_marker_counts_too_are_flagged_and_explained() -> None:
    counted = hits(Counts(np.array([[90]]), np.full((1, 9), 72)))
    common = counted.with_columns(shared_reads=pl.when(pl.col("target_kind") == "marker").then(80))
    row = only(
        quantify(common, sheet(SCENARIO, 1), markers(SCENARIO), {"default": controls(SCENARIO)}, config(SCENARIO))
    )
    assert "shared_rearrangement" in row["flags"]
    assert row["explanation"] == "Shared rearrangement: a marker of another patient counts 80 of these reads too."


def test_a_marker_in_a_polyclonal_control_is_no_failure() -> None:
    result = run(9, control("PC", "polyclonal_control", 36))
    assert result.control_checks.select("reads", "expected", "p_value", "passed").rows() == [(36, None, None, True)]


def test_a_polyclonal_control_can_contradict_the_stated_background() -> None:
    scenario = Scenario(1e-4, marker_columns={"background_rate": 1e-7})
    checks = run(9, control("PC", "polyclonal_control", 36), scenario=scenario).control_checks.row(0, named=True)
    carried = 0.001 * 9  # from the nine reads of the sample, in the only other tube
    assert checks["expected"] == pytest.approx(1e-7 * 2e6 * 1.8 + carried)
    assert (checks["passed"], checks["p_value"] < 0.001) == (False, True)


def test_without_controls_the_configured_background_rate_is_expected() -> None:
    assert only(run(9, background_rate=1e-5))["p_value"] > 0.001
    assert only(run(9, background_rate=0.0))["p_value"] == 0.0


def test_carry_over_explains_a_hit_with_its_arithmetic() -> None:
    """The baseline on the same run holds 60,000 reads, of which 0.1 % are assumed to hop."""
    neighbour = hits(Counts(np.array([[60_000]]), np.full((1, 9), 72))).with_columns(
        sample_id=pl.lit("S1"), role=pl.lit("baseline"), run_id=pl.lit("r1")
    )
    counted = hits(Counts(np.array([[40]]), np.full((1, 9), 72))).with_columns(run_id=pl.lit("r1"))
    samples = sheet(SCENARIO, 2).with_columns(role=pl.Series(["followup", "baseline"]))
    tables = (samples, markers(SCENARIO), {"default": controls(SCENARIO)}, config(SCENARIO))
    row = quantify(pl.concat([counted, neighbour]), *tables).mrd.filter(pl.col("sample_id") == "S0").row(0, named=True)
    assert "carry_over" in row["flags"]
    assert not row["call"].startswith("positive")
    assert row["explanation"].startswith(
        "Carry-over: S1 holds 60,000 reads of the marker in this run, of which 0.1 % hop, over 1 other tube: 60 reads "
        "expected here, 40 counted."
    )
    assert row["expected_carry_over"] == pytest.approx(60)


def test_a_control_missing_on_the_sheet_counts_with_the_cells_of_its_reference_loci() -> None:
    one = {"control_id": "R", "kind": "reference", "sequence": "ACGT" * 10, "copies": 2.0}
    table = pl.concat([controls(SCENARIO), pl.DataFrame([one], schema=CONTROLS.schema())])
    seen = [hit(name, "R", "control", 1_800_000, locus=None, role=None, subject_id=None) for name in ("S0", "old")]
    own = pl.concat([hits(Counts(np.array([[9]]), np.full((1, 9), 72))), pl.DataFrame(seen[:1], schema=HITS.schema())])
    old = pl.concat([control("old", "polyclonal_control", 0), pl.DataFrame(seen[1:], schema=HITS.schema())])
    result = quantify(own, sheet(SCENARIO, 1), markers(SCENARIO), {"default": table}, config(SCENARIO), old)
    cells = result.qc.filter(pl.col("metric") == "control_cells P.M0").get_column("value").item()
    assert cells == pytest.approx(500_000)


def test_samples_of_unknown_cells_are_no_background_controls() -> None:
    other = control("Q1", "followup", 36, subject_id="Q")
    unknown_cells = run(9, other).qc.filter(pl.col("metric") == "control_cells P.M0")
    assert unknown_cells.get_column("value").item() == 0.0
    table = run(9, other).cross_sample.select("sample_id", "subject_id", "own", "reads").rows()
    assert table == [("Q1", "Q", False, 36), ("S0", "P", True, 9)]


def test_samples_of_other_patients_in_the_same_call_are_background_controls() -> None:
    mine = hits(Counts(np.array([[9]]), np.full((1, 9), 72)))
    other = control("Q1", "followup", 36, subject_id="Q")
    own = pl.DataFrame([hit("Q1", "Q.M0", "marker", 300, subject_id="Q", target_subject_id="Q")], schema=HITS.schema())
    row = {"subject_id": "Q", "sample_id": "Q1", "role": "followup", "reads_1": "q", "input_cells": 2e6}
    samples = pl.concat([sheet(SCENARIO, 1), pl.DataFrame([row], schema=SAMPLES.schema())])
    marker_table = pl.concat(
        [markers(SCENARIO), markers(SCENARIO).with_columns(marker_id=pl.lit("Q.M0"), subject_id=pl.lit("Q"))]
    )
    counted = pl.concat([mine.with_columns(subject_id=pl.lit("P")), other, own])
    extra = pl.DataFrame([hit("S0", "Q.M0", "marker", 0, target_subject_id="Q")], schema=HITS.schema())
    result = quantify(
        pl.concat([counted, extra]), samples, marker_table, {"default": controls(SCENARIO)}, config(SCENARIO)
    )
    assert only(result)["call"] == "negative"
    assert only(result, "Q.M0")["call"] == "positive"


@pytest.mark.parametrize(("reads", "call"), [(0, "failed"), (90, "positive")])
def test_a_marker_longer_than_the_reads_is_never_negative(reads: int, call: str) -> None:
    counted = hits(Counts(np.array([[reads]]), np.full((1, 9), 72)))
    sign = counted.filter(pl.col("target_kind") == "marker").with_columns(
        reads=pl.lit(0, dtype=pl.Int64),
        match_class=pl.lit(None, dtype=pl.String),
        edit_distance=pl.lit(None, dtype=pl.Int64),
    )
    tables = (sheet(SCENARIO, 1), markers(SCENARIO), {"default": controls(SCENARIO)}, config(SCENARIO))
    for row in quantify(pl.concat([counted, sign]), *tables).mrd.iter_rows(named=True):
        assert (row["call"], row["reads"]) == (call, reads)
        assert "reads_too_short" in row["flags"]


def test_a_control_with_reads_too_short_for_a_marker_does_not_count() -> None:
    empty = control("PC", "polyclonal_control", 0)
    cut = empty.with_columns(match_class=pl.when(pl.col("target_kind") != "marker").then("match_class"))
    for background, cells in ((empty, 2e6), (cut, 0.0)):
        found = run(90, background).qc.filter(pl.col("metric") == "control_cells P.M0")
        assert found.get_column("value").to_list() == [cells]


def test_more_clone_cells_than_input_cells_are_flagged() -> None:
    assert "more_than_input" in only(run(10**7))["flags"]
    assert "more_than_input" not in (only(run(90))["flags"] or "")
