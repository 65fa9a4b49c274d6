"""The demo: the whole workflow, from reads to reports, compared with the truth."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table
from clonotrack.pipeline import followup
from clonotrack.tables import CONTROL_CHECKS, CROSS_SAMPLE, HITS, KINETICS, MARKERS, MRD, TRUTH
from tests.flow.conftest import ENVIRONMENT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compared(results: tuple[Path, str], demo: Path) -> pl.DataFrame:
    """MRD joined with TRUTH."""
    mrd = read_table(results[0] / "6_quantify" / "mrd.tsv", MRD)
    truth = read_table(demo / "truth.tsv", TRUTH)
    return mrd.join(truth.select("sample_id", "marker_id", "true_mrd", "expected_call"), on=["sample_id", "marker_id"])


def test_every_sample_and_marker_of_the_truth_has_a_row(compared: pl.DataFrame, demo: Path) -> None:
    assert compared.height == read_table(demo / "truth.tsv", TRUTH).height


def test_every_call_of_a_sample_is_correct(compared: pl.DataFrame) -> None:
    samples = compared.filter(pl.col("marker_id") == "combined")
    assert samples.height == 12
    assert samples["call"].to_list() == samples["expected_call"].to_list()


def test_every_interval_of_a_sample_contains_the_truth(compared: pl.DataFrame) -> None:
    samples = compared.filter(pl.col("marker_id") == "combined")
    assert samples.filter(~pl.col("true_mrd").is_between("mrd_low", "mrd_high")).is_empty()


def test_exactly_the_true_markers_are_selected(results: tuple[Path, str], demo: Path) -> None:
    truth = read_table(demo / "true_markers.tsv", MARKERS)
    markers = pl.concat(read_table(path, MARKERS) for path in sorted(results[0].glob("4_markers/*.markers.tsv")))
    selected = markers.filter("selected").select("marker_id", "junction").sort("marker_id")
    assert_frame_equal(selected, truth.select("marker_id", "junction").sort("marker_id"))
    assert markers.filter(~pl.col("selected"))["reason"].null_count() == 0


def test_controls_pass_and_every_marker_is_searched_in_every_sample(results: tuple[Path, str]) -> None:
    checks = read_table(results[0] / "6_quantify" / "control_checks.tsv", CONTROL_CHECKS)
    assert checks.height == 2 * 4
    assert checks["passed"].all()
    assert read_table(results[0] / "6_quantify" / "cross_sample.tsv", CROSS_SAMPLE).height == 4 * 14
    assert read_table(results[0] / "6_quantify" / "kinetics.tsv", KINETICS).height > 0


def test_totals_add_up_to_the_reads_of_each_file(results: tuple[Path, str]) -> None:
    for path in sorted(results[0].glob("5_track/*.hits.tsv")):
        totals = read_table(path, HITS).filter(pl.col("target_kind") == "total")
        counts = dict(totals.select("target_id", "reads").iter_rows())
        assert counts.pop("scanned") == sum(counts.values()) > 0


def test_reports_and_cohort_files(results: tuple[Path, str]) -> None:
    folder, printed = results
    document = json.loads((folder / "7_report" / "cohort.json").read_text())
    assert set(document["subjects"]) == {"p1", "p2"}
    for subject in ("p1", "p2"):
        page = folder / "7_report" / f"{subject}.html"
        assert page.read_text().startswith("<!DOCTYPE html>")
        assert str(page) in printed
    assert "truth" in printed
    assert " NO" not in printed


def test_provenance_names_every_file_of_reads(results: tuple[Path, str], demo: Path) -> None:
    provenance = json.loads((results[0] / "6_quantify" / "summary.json").read_text())["provenance"]
    for path in demo.glob("*.fastq.gz"):
        assert provenance["inputs"][str(path)].startswith("sha256:")
    assert provenance["configuration"]["libraries"]["multiplex"]["capture"] == 0.6


def test_a_second_run_runs_no_step(results: tuple[Path, str], demo: Path) -> None:
    mrd = results[0] / "6_quantify" / "mrd.tsv"
    before = mrd.stat().st_mtime_ns
    call = ["run", str(demo / "samples.tsv"), "--config", str(demo / "config.yaml"), "-o", str(results[0])]
    done = subprocess.run([sys.executable, "-m", "clonotrack", *call], env=ENVIRONMENT, capture_output=True, check=True)
    assert b"Nothing to be done" in done.stdout + done.stderr
    assert mrd.stat().st_mtime_ns == before


def test_a_single_sample_and_the_run_give_the_same_result(results: tuple[Path, str], demo: Path) -> None:
    """Counts and molecules of the markers of a patient do not depend on the other patients of the run."""
    alone = followup(
        demo / "p1-d78.fastq.gz",
        sample_id="p1-d78",
        subject_id="p1",
        markers=results[0] / "4_markers" / "p1.markers.tsv",
        input_ng=3250,
        day=78,
        disease="B-ALL",
        config=demo / "config.yaml",
    )
    columns = ["marker_id", "reads", "molecules", "clone_cells", "mrd", "call"]
    run = read_table(results[0] / "6_quantify" / "mrd.tsv", MRD).filter(pl.col("sample_id") == "p1-d78")
    assert_frame_equal(alone.mrd.select(columns), run.select(columns))
    own = pl.col("target_subject_id") == "p1"
    counted = ["target_id", "match_class", "edit_distance", "reads"]
    hits = read_table(results[0] / "5_track" / "p1-d78.hits.tsv", HITS)
    assert_frame_equal(alone.hits.filter(own).select(counted), hits.filter(own).select(counted))


def test_baseline_and_followup_commands(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, out = ["--config", str(demo / "config.yaml")], ["-o", str(tmp_path / "p1")]
    patient = ["--subject-id", "p1", *config, *out]
    call = ["baseline", str(demo / "p1-dx.fastq.gz"), "--sample-id", "dx", "--input-ng", "78", *patient]
    assert main(call) == 0
    assert capsys.readouterr().out.count("Selected") == 2
    markers = ["--markers", str(tmp_path / "p1" / "dx.markers.tsv"), "--disease", "B-ALL", "--input-ng", "3250"]
    call = ["followup", str(demo / "p1-d180.fastq.gz"), "--sample-id", "d180", *markers, *patient]
    assert main(call) == 0
    assert "Negative: no molecule of the clone in DNA of 500,000 nucleated cells" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "p1").iterdir()) == [
        *("d180.hits.tsv", "d180.mrd.tsv", "d180.summary.json"),
        *("dx.clonotypes.tsv", "dx.markers.tsv", "dx.rearrangements.tsv", "dx.summary.json"),
    ]
    summary = json.loads((tmp_path / "p1" / "d180.summary.json").read_text())
    assert summary["sample"]["input_ng"] == 3250
    assert summary["provenance"]["seed"] is None
