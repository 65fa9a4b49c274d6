from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table, write_table
from clonotrack.sequences import reverse_complement
from clonotrack.tables import CONTROLS, HITS, MARKERS
from tests.track.small_inputs import J, V, bases, controls, marker, markers

RNG = np.random.default_rng(41)
MARKER = V["IGH"][0][-30:] + bases(RNG, 40) + J["IGH"][0][-30:]
CALIBRATOR = V["IGH"][0] + bases(RNG, 36) + J["IGH"][0]


def fastq(path: Path, reads: list[str], quality: str = "I") -> Path:
    text = "".join(f"@r{i}\n{read}\n+\n{quality * len(read)}\n" for i, read in enumerate(reads))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A follow-up of two lanes and a second tube, markers of two patients, calibrators, a sample sheet."""
    fastq(tmp_path / "a.fastq", [MARKER, reverse_complement(MARKER), CALIBRATOR, "ACGT" * 5])
    fastq(tmp_path / "b.fastq.gz", [MARKER, bases(RNG, 100)])
    fastq(tmp_path / "c.fastq", [CALIBRATOR, bases(RNG, 100), MARKER])
    write_table(
        markers(marker("p.1", MARKER, target_start=31, target_end=70, copies_per_cell=1.0)), MARKERS, tmp_path / "p.tsv"
    )
    write_table(markers(marker("q.1", bases(RNG, 50), "q", copies_per_cell=1.0)), MARKERS, tmp_path / "q.tsv")
    write_table(controls({"control_id": "cal", "locus": "IGH", "sequence": CALIBRATOR}), CONTROLS, tmp_path / "cal.tsv")
    (tmp_path / "config.yaml").write_text("libraries:\n  fr1:\n    controls: cal.tsv\n  fr2: {}\n")
    sheet = ["subject_id sample_id role reads_1 library run_id markers".replace(" ", "\t")]
    for name, library in (("a.fastq", "fr1"), ("b.fastq.gz", "fr1"), ("c.fastq", "fr2")):
        sheet.append("\t".join(["p", "d33", "followup", name, library, "run7", "p.tsv"]))
    (tmp_path / "samples.tsv").write_text("\n".join(sheet) + "\n")
    return tmp_path


def call(folder: Path, *words: str) -> int:
    return main(["track", *(str(folder / word) if "." in word else word for word in words)])


def counted(path: Path, **values: str) -> dict[str, int]:
    frame = read_table(path, HITS).filter(*(pl.col(column) == value for column, value in values.items()))
    return dict(frame.group_by("target_id").agg(pl.col("reads").sum()).rows())


def test_one_file_is_searched_for_markers_and_controls(folder: Path) -> None:
    tables = ("--markers", "p.tsv", "--markers", "q.tsv", "--controls", "cal.tsv")
    assert call(folder, "a.fastq", "--sample-id", "d33", "--subject-id", "p", *tables, "-o", "out.hits.tsv") == 0
    assert counted(folder / "out.hits.tsv", target_kind="marker") == {"p.1": 2, "q.1": 0}
    assert counted(folder / "out.hits.tsv", target_kind="control") == {"cal": 1}
    assert counted(folder / "out.hits.tsv", target_kind="total") == {
        "scanned": 4, "no_umi": 0, "too_short": 1, "low_quality": 0, "hit": 3, "ambiguous": 0, "other": 0,
    }  # fmt: skip


def test_lanes_tubes_and_controls_come_from_the_sheet(folder: Path) -> None:
    words = ("--samples", "samples.tsv", "--sample-id", "d33", "--markers", "p.tsv", "--config", "config.yaml")
    assert call(folder, *words, "-o", "out.hits.parquet") == 0
    hits = read_table(folder / "out.hits.parquet", HITS)
    assert set(hits.select("subject_id", "role", "run_id", "library").rows()) == {
        ("p", "followup", "run7", "fr1"),
        ("p", "followup", "run7", "fr2"),
    }
    assert counted(folder / "out.hits.parquet", library="fr1")["p.1"] == 3
    assert counted(folder / "out.hits.parquet", library="fr1")["cal"] == 1
    assert counted(folder / "out.hits.parquet", library="fr2")["p.1"] == 1
    assert "cal" not in counted(folder / "out.hits.parquet", library="fr2")
    assert call(folder, *words, "--library", "fr2", "-o", "fr2.hits.tsv") == 0
    assert set(read_table(folder / "fr2.hits.tsv", HITS)["library"]) == {"fr2"}


def test_a_patient_of_the_sheet_may_have_no_marker(folder: Path) -> None:
    none = markers(marker("p.1", MARKER, copies_per_cell=1.0, selected=False))
    write_table(none, MARKERS, folder / "none.tsv")
    words = ("--samples", "samples.tsv", "--sample-id", "d33", "--markers", "none.tsv", "--config", "config.yaml")
    assert call(folder, *words, "-o", "out.hits.tsv") == 0
    assert not counted(folder / "out.hits.tsv", target_kind="marker")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["none.fastq", "--markers", "p.tsv"], 1, "no such file"),
        (["a.fastq", "--markers", "none.tsv"], 1, "contains no selected marker"),
        (["a.fastq", "--markers", "short.tsv"], 1, "29 nt, but the minimum is 30"),
        (["a.fastq", "--markers", "letters.tsv"], 1, "marker m: its sequence contains 'N' at position 1"),
        (["a.fastq", "--markers", "p.tsv", "--markers", "again.tsv"], 1, "marker_id 'p.1' is also in"),
        (["a.fastq", "--markers", "p.tsv", "--controls", "zero.tsv"], 1, "copies is 0"),
        (["a.fastq", "--markers", "p.tsv", "--library", "fr9"], 1, "library 'fr9' is not in the settings"),
        (["--samples", "samples.tsv", "--config", "config.yaml", "--library", "default"], 1, "library 'default'"),
        ([], 2, "give either READS, or --samples"),
        (["a.fastq", "--samples", "samples.tsv"], 2, "give either READS, or --samples"),
        (["--samples", "samples.tsv", "--subject-id", "p"], 2, "--subject-id is a column of the sample sheet"),
    ],
)
def test_a_wrong_input_prints_one_error_and_leaves_no_output(
    folder: Path, words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(markers(marker("p.1", MARKER, copies_per_cell=1.0, selected=False)), MARKERS, folder / "none.tsv")
    write_table(markers(marker("m", MARKER[:29], copies_per_cell=1.0)), MARKERS, folder / "short.tsv")
    write_table(markers(marker("m", "N" + MARKER, copies_per_cell=1.0)), MARKERS, folder / "letters.tsv")
    write_table(markers(marker("p.1", MARKER[::-1], copies_per_cell=1.0)), MARKERS, folder / "again.tsv")
    write_table(controls({"control_id": "c", "sequence": CALIBRATOR, "copies": 0.0}), CONTROLS, folder / "zero.tsv")
    before = sorted(folder.iterdir())
    assert call(folder, *words, "--sample-id", "d33", "-o", "out.hits.tsv") == status
    printed = capsys.readouterr().err
    assert message in printed
    if status == 1:
        assert len(printed.strip().splitlines()) == 1
    assert sorted(folder.iterdir()) == before


def test_a_sample_that_is_not_on_the_sheet_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--samples", "samples.tsv", "--sample-id", "d99", "--config", "config.yaml", "-o", "out.hits.tsv")
    assert call(folder, *words) == 1
    assert "samples.tsv: has no sample 'd99'" in capsys.readouterr().err


def test_existing_files_are_kept_without_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("a.fastq", "--sample-id", "d33", "--markers", "p.tsv", "-o", "out.hits.tsv")
    assert call(folder, *words) == 0
    assert call(folder, *words) == 1
    assert "exists already" in capsys.readouterr().err
    assert call(folder, *words, "--force") == 0
