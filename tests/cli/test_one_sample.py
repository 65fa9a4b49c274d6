"""`baseline` and `followup`: samples from a sheet, wrong calls, missing cells."""

from pathlib import Path

import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table
from clonotrack.tables import HITS, MRD


@pytest.fixture
def sheet(demo: Path, tmp_path: Path) -> Path:
    """A sample sheet with a follow-up of two lanes and a follow-up of two tubes."""
    path, reads = tmp_path / "samples.tsv", (demo / "p1-d180.fastq.gz", demo / "p2-d78.fastq.gz")
    rows = [("d180", "", reads[0]), ("d180", "", reads[1]), ("two", "A", demo / "p1-d78.fastq.gz")]
    rows += [("two", "B", demo / "p1-d33.fastq.gz")]
    lines = [
        f"p1\t{name}\tfollowup\t{file}\tmultiplex\t3250\t180\t{tube}\t{demo / 'true_markers.tsv'}"
        for name, tube, file in rows
    ]
    header = "subject_id\tsample_id\trole\treads_1\tlibrary\tinput_ng\tday\treplicate\tmarkers"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def followup(sheet: Path, demo: Path, sample_id: str, *more: str) -> int:
    markers = ["--markers", str(demo / "true_markers.tsv"), "--config", str(demo / "config.yaml")]
    call = ["followup", "--samples", str(sheet), "--sample-id", sample_id, *markers, "-o", str(sheet.parent / "out")]
    return main([*call, *more])


def test_lanes_patient_and_input_come_from_the_sheet(sheet: Path, demo: Path) -> None:
    assert followup(sheet, demo, "d180") == 0
    row = read_table(sheet.parent / "out" / "d180.mrd.tsv", MRD).row(-1, named=True)
    assert (row["subject_id"], row["day"], row["input_cells"]) == ("p1", 180, 500_000)
    hits = read_table(sheet.parent / "out" / "d180.hits.tsv", HITS)
    scanned = 0
    for name in ("p1-d180", "p2-d78"):
        call = [
            "track",
            str(demo / f"{name}.fastq.gz"),
            "--sample-id",
            name,
            "--markers",
            str(demo / "true_markers.tsv"),
        ]
        assert main([*call, "-o", str(sheet.parent / f"{name}.hits.tsv")]) == 0
        alone = read_table(sheet.parent / f"{name}.hits.tsv", HITS)
        scanned += alone.filter(alone["target_id"] == "scanned")["reads"].item()
    assert hits.filter(hits["target_id"] == "scanned")["reads"].item() == scanned


def test_quiet_and_verbose(sheet: Path, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert followup(sheet, demo, "d180", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert followup(sheet, demo, "d180", "--force", "--verbose") == 0
    captured = capsys.readouterr()
    assert captured.out.count("Negative") == 3
    assert "track\tscanned" in captured.err


def test_a_sample_of_several_tubes_is_an_error(sheet: Path, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert followup(sheet, demo, "two") == 1
    assert "sample two has 2 tubes: use `clonotrack run`" in capsys.readouterr().err


def test_an_option_that_repeats_a_column_is_an_error(
    sheet: Path, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert followup(sheet, demo, "d180", "--input-ng", "650") == 2
    assert "--input-ng is a column of the sample sheet" in capsys.readouterr().err


def test_a_sample_that_is_not_on_the_sheet(sheet: Path, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert followup(sheet, demo, "d1") == 1
    assert "has no sample 'd1': choose one of d180, two" in capsys.readouterr().err


def test_a_missing_patient_is_an_error(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", str(demo / "p1-dx.fastq.gz"), "--sample-id", "dx", "-o", str(tmp_path / "out")]) == 2
    assert "add --subject-id" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_cells_the_call_is_failed_with_the_reason(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["followup", str(demo / "p1-d78.fastq.gz"), "--sample-id", "d78", "--subject-id", "p1"]
    more = ["--markers", str(demo / "true_markers.tsv"), "--config", str(demo / "config.yaml"), "-o", str(tmp_path)]
    assert main([*call, *more]) == 0
    row = read_table(tmp_path / "d78.mrd.tsv", MRD).row(-1, named=True)
    assert (row["call"], row["mrd"], row["flags"]) == ("failed", None, "no_cells")
    assert row["reads"] > 0
    assert "give input_cells or input_ng" in capsys.readouterr().out


@pytest.mark.parametrize(
    "amounts",
    [
        ("--input-cells", "inf"),
        ("--input-ng", "1e400"),
        ("--input-ng", "0"),
        ("--input-cells", "1000", "--input-ng", "6.5"),
        ("--day", "nan"),
        ("--lymphoid-fraction", "nan"),
    ],
)
def test_impossible_amounts_are_a_wrong_call(demo: Path, tmp_path: Path, amounts: tuple[str, ...]) -> None:
    call = ["followup", str(demo / "p1-d78.fastq.gz"), "--sample-id", "d78", "--subject-id", "p1", *amounts]
    assert main([*call, "--markers", str(demo / "true_markers.tsv"), "-o", str(tmp_path / "out")]) == 2
    assert not list(tmp_path.iterdir())


def test_a_marker_longer_than_every_read_is_failed(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """p1-d180 is negative, but a marker as long as a transcript cannot be found in any sample."""
    (tmp_path / "m.tsv").write_text("marker_id\tsubject_id\tsequence\nlong\tp1\t" + "ACGTTGCATC" * 40 + "\n")
    call = ["followup", str(demo / "p1-d180.fastq.gz"), "--sample-id", "d180", "--subject-id", "p1"]
    more = ["--markers", str(tmp_path / "m.tsv"), "--config", str(demo / "config.yaml"), "--input-ng", "3250"]
    assert main([*call, *more, "-o", str(tmp_path)]) == 0
    assert read_table(tmp_path / "d180.mrd.tsv", MRD)["call"].to_list() == ["failed", "failed"]
    assert "shorten that part by target_start and target_end" in capsys.readouterr().out
