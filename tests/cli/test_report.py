"""``clonotrack report``: writes the page of a patient, or the files of a cohort."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table, write_table
from clonotrack.tables import COHORT, KINETICS, MARKERS, MRD, QC, SAMPLES
from tests.report import example_cohort


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    """A call of the command with tables and a summary in a folder."""
    mrd = example_cohort.mrd()
    write_table(mrd, MRD, tmp_path / "mrd.tsv")
    for subject in ("p1", "p2"):
        own = example_cohort.markers().filter(pl.col("subject_id") == subject)
        write_table(own, MARKERS, tmp_path / f"{subject}.markers.tsv")
    write_table(example_cohort.samples(mrd), SAMPLES, tmp_path / "samples.tsv")
    (tmp_path / "p1_dx.summary.json").write_text(json.dumps(example_cohort.summaries(mrd)["p1_dx"]))
    names = {
        "markers": ("p1.markers.tsv", "p2.markers.tsv"),
        "samples": ("samples.tsv",),
        "summary": ("p1_dx.summary.json",),
    }
    options = [
        word for option, files in names.items() for file in files for word in (f"--{option}", str(tmp_path / file))
    ]
    return ["report", str(tmp_path / "mrd.tsv"), *options]


def test_page_of_a_patient(inputs: list[str], tmp_path: Path) -> None:
    write_table(example_cohort.qc(example_cohort.mrd()), QC, tmp_path / "qc.tsv")
    write_table(example_cohort.kinetics(example_cohort.mrd()), KINETICS, tmp_path / "kinetics.tsv")
    more = ["--qc", str(tmp_path / "qc.tsv"), "--kinetics", str(tmp_path / "kinetics.tsv")]
    output = tmp_path / "out" / "p1.html"
    assert main([*inputs, *more, "--subject-id", "p1", "-o", str(output)]) == 0
    html = output.read_text()
    for text in ("Target level", "1.0e-4", "bone marrow", "reads_per_copy".replace("_", " "), "≥ 4.", "p1_dx.fastq.gz"):
        assert text in html


def test_files_of_a_cohort(inputs: list[str], tmp_path: Path) -> None:
    assert main([*inputs, "--cohort", "-o", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "clonotrack_mqc.json",
        "cohort.json",
        "cohort.tsv",
    ]
    frame = read_table(tmp_path / "out" / "cohort.tsv", COHORT)
    assert frame.height == example_cohort.mrd().height
    document = json.loads((tmp_path / "out" / "cohort.json").read_text())
    assert list(document["subjects"]) == ["p1", "p2"]
    assert list(document["provenance"]) == ["p1_dx"]


def test_settings_give_target_level_and_title(inputs: list[str], tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("quantify: {target_level: {B-ALL: 3.0e-6}}\nreport: {title: Residual disease}\n")
    call = [*inputs, "--config", str(config), "-o"]
    assert main([*call, str(tmp_path / "p1.html"), "--subject-id", "p1"]) == 0
    assert "target 3.0e-6" in (tmp_path / "p1.html").read_text()
    assert main([*call, str(tmp_path / "p2.html"), "--subject-id", "p2"]) == 0
    page = (tmp_path / "p2.html").read_text()
    assert "1.0e-4 clone cells per nucleated cell" in page  # omitted levels keep their defaults
    assert "<title>Residual disease: p2</title>" in page


@pytest.mark.parametrize("choice", [[], ["--cohort", "--subject-id", "p1"], ["--cohort", "--qc", "qc.tsv"]])
def test_a_wrong_call_is_an_error(inputs: list[str], tmp_path: Path, choice: list[str]) -> None:
    assert main([*inputs, *choice, "-o", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_wrong_data_leave_no_output(inputs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out" / "p3.html"
    assert main([*inputs, "--subject-id", "p3", "-o", str(output)]) == 1
    assert "has no row of patient p3, only of p1, p2" in capsys.readouterr().err
    assert not output.exists()
    (tmp_path / "p1_dx.summary.json").write_text("{")
    assert main([*inputs, "--subject-id", "p1", "-o", str(output)]) == 1
    assert "p1_dx.summary.json, line 1: is not valid JSON" in capsys.readouterr().err


def test_an_existing_page_is_kept_without_force(
    inputs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "p1.html"
    output.write_text("mine")
    assert main([*inputs, "--subject-id", "p1", "-o", str(output)]) == 1
    assert "--force" in capsys.readouterr().err
    assert output.read_text() == "mine"
    assert main([*inputs, "--subject-id", "p1", "--force", "-o", str(output)]) == 0
