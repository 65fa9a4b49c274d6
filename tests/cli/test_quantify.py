"""``clonotrack quantify``: writes five tables and a summary, or prints one error and writes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table, write_table
from clonotrack.tables import CONTROL_CHECKS, CONTROLS, CROSS_SAMPLE, HITS, KINETICS, MARKERS, MRD, QC
from tests.quantify.simulated_tables import Counts, Scenario, controls, hits, markers

SCENARIO = Scenario(1e-4)
OUTPUTS = {
    "mrd.tsv": MRD,
    "kinetics.tsv": KINETICS,
    "control_checks.tsv": CONTROL_CHECKS,
    "cross_sample.tsv": CROSS_SAMPLE,
    "quantify.qc.tsv": QC,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two follow-ups, a no-template control, a sheet, markers and calibrators."""
    counted = hits(Counts(np.array([[90], [0]]), np.full((2, 9), 72)))
    for (name,), rows in counted.group_by("sample_id"):
        write_table(rows, HITS, tmp_path / f"{name}.hits.tsv")
    blank = hits(Counts(np.array([[0]]), np.zeros((1, 9), dtype=np.int64)))
    blank = blank.with_columns(
        sample_id=pl.lit("N"), role=pl.lit("negative_control"), subject_id=pl.lit(None, dtype=pl.String)
    )
    write_table(blank, HITS, tmp_path / "N.hits.tsv")
    write_table(markers(SCENARIO), MARKERS, tmp_path / "P.markers.tsv")
    write_table(controls(SCENARIO), CONTROLS, tmp_path / "controls.tsv")
    (tmp_path / "reads.fastq").write_text("")
    (tmp_path / "other.fastq").write_text("")
    (tmp_path / "samples.tsv").write_text(
        "subject_id\tsample_id\trole\treads_1\tday\tinput_ng\tmarkers\n"
        "P\tS0\tfollowup\treads.fastq\t33\t3250\tP.markers.tsv\n"
        "P\tS1\tfollowup\tother.fastq\t78\t3250\tP.markers.tsv\n"
    )
    return tmp_path


def call(folder: Path, *arguments: str) -> int:
    names = [str(folder / word) if word.endswith((".tsv", ".yaml")) else word for word in arguments]
    return main(["quantify", *names, "-o", str(folder / "out" / "mrd.tsv")])


COMMON = ("--samples", "samples.tsv", "--markers", "P.markers.tsv", "--controls", "controls.tsv")


def test_five_tables_and_the_summary_are_written(folder: Path) -> None:
    assert call(folder, "S0.hits.tsv", "S1.hits.tsv", *COMMON, "--background", "N.hits.tsv") == 0
    tables = {name: read_table(folder / "out" / name, table) for name, table in OUTPUTS.items()}
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted([*OUTPUTS, "summary.json"])
    assert tables["mrd.tsv"].select("sample_id", "marker_id", "call").rows() == [
        ("S0", "P.M0", "positive"),
        ("S0", "combined", "positive"),
        ("S1", "P.M0", "negative"),
        ("S1", "combined", "negative"),
    ]
    assert tables["mrd.tsv"].get_column("input_cells").unique().to_list() == [500_000.0]
    assert tables["kinetics.tsv"].height == 2
    assert tables["control_checks.tsv"].get_column("passed").to_list() == [True]
    assert tables["cross_sample.tsv"].height == 3


def add_control(folder: Path, reads: int) -> None:
    """Add a no-template control with reads of the marker to the sheet."""
    blank = read_table(folder / "N.hits.tsv", HITS)
    marker = pl.when(pl.col("target_kind") == "marker").then(reads).otherwise("reads")
    write_table(blank.with_columns(reads=marker), HITS, folder / "N.hits.tsv")
    (folder / "blank.fastq").write_text("")
    with (folder / "samples.tsv").open("a") as sheet:
        sheet.write("\tN\tnegative_control\tblank.fastq\t\t\t\n")


def test_a_contaminated_control_gives_a_warning_and_all_tables_are_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_control(folder, 50)
    assert call(folder, "S0.hits.tsv", "S1.hits.tsv", *COMMON, "--background", "N.hits.tsv") == 0
    assert "warning: No-template control N holds 50 reads of marker P.M0, where" in capsys.readouterr().err
    tables = {name: read_table(folder / "out" / name, table) for name, table in OUTPUTS.items()}
    assert tables["mrd.tsv"].get_column("call").unique().to_list() == ["failed"]
    assert tables["control_checks.tsv"].select("reads", "passed").rows() == [(50, False)]


def test_a_control_of_the_sheet_without_hits_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_control(folder, 0)
    assert call(folder, "S0.hits.tsv", "S1.hits.tsv", *COMMON) == 0
    assert "warning: No-template control N is on the sheet, but its hits were not given" in capsys.readouterr().err
    flags = read_table(folder / "out" / "mrd.tsv", MRD).get_column("flags")
    assert flags.str.contains("control_missing").all()


@pytest.mark.parametrize(("more", "molecules"), [((), 30), (("--controls", "halved.tsv"), 15)])
def test_a_library_uses_the_controls_of_its_settings_unless_the_call_names_others(
    folder: Path, more: tuple[str, ...], molecules: float
) -> None:
    (folder / "config.yaml").write_text("libraries:\n  default:\n    controls: controls.tsv\n    capture: 0.6\n")
    halved = controls(SCENARIO).with_columns(copies=pl.lit(20.0))
    write_table(halved, CONTROLS, folder / "halved.tsv")
    paths = ("--samples", "samples.tsv", "--markers", "P.markers.tsv", "--config", "config.yaml")
    assert call(folder, "S0.hits.tsv", *paths, *more) == 0
    mrd = read_table(folder / "out" / "mrd.tsv", MRD)
    assert mrd.get_column("molecules").to_list() == pytest.approx([molecules, molecules], rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("N.hits.tsv", *COMMON), "N.hits.tsv: sample N is a negative_control and has no MRD"),
        (("none.hits.tsv", *COMMON), "none.hits.tsv: no such file"),
        (("S0.hits.tsv", "S0.hits.tsv", *COMMON), "several rows have the same key"),
        (("S0.hits.tsv", *COMMON, "--background", "S1.hits.tsv"), "background sample S1 is of patient P"),
    ],
)
def test_wrong_data_print_one_error_and_leave_no_output(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert call(folder, *arguments) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not (folder / "out").exists() or not list((folder / "out").iterdir())


def test_a_patient_without_baseline_or_markers_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = folder / "samples.tsv"
    sheet.write_text(sheet.read_text().replace("\tP.markers.tsv", "\t"))
    assert call(folder, "S0.hits.tsv", *COMMON) == 1
    assert "patient P has no baseline on this sheet and an empty column markers" in capsys.readouterr().err


def test_results_are_not_overwritten_unless_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, "S0.hits.tsv", *COMMON) == 0
    assert call(folder, "S0.hits.tsv", *COMMON) == 1
    assert "--force" in capsys.readouterr().err
    assert call(folder, "S0.hits.tsv", *COMMON, "--force") == 0
