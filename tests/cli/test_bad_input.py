"""A bad input ends in exit status 1, one message that names the file and line or record, and no output."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from clonotrack.cli.main import main

READ = "ACGTTGCAAC" * 6
RECORD = f"@r{{}}\n{READ}\n+\n{'I' * 60}\n"
MARKERS = f"marker_id\tsubject_id\tsequence\nm1\tp1\t{READ}\n"
CONTROLS = "control_id\tkind\tlocus\tsequence\tcopies\n"
SHEET = (
    "subject_id\tsample_id\trole\treads_1\tinput_ng\np1\tdx\tbaseline\treads.fq\t650\np1\td33\tfollowup\td33.fq\t3900\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Inputs without a problem; each test spoils one."""
    for name in ("reads.fq", "d33.fq"):
        (tmp_path / name).write_text("".join(RECORD.format(i) for i in range(5)))
    (tmp_path / "markers.tsv").write_text(MARKERS)
    (tmp_path / "controls.tsv").write_text(CONTROLS + f"c\tcalibrator\t\t{READ[::-1]}\t40\n")
    (tmp_path / "samples.tsv").write_text(SHEET)
    return tmp_path


def call(command: str, folder: Path, *more: str) -> int:
    """Run the command on the inputs of the folder, into its subfolder ``out``; `more` follows the file of reads."""
    reads, out = str(folder / "reads.fq"), str(folder / "out")
    names = ["--sample-id", "s", "--subject-id", "p1"]
    controls = ["--controls", str(folder / "controls.tsv")]
    calls = {
        "reads": [reads, "-o", f"{out}/s.sequences.tsv"],
        "baseline": [reads, *names, "--input-ng", "650", *controls, "-o", out],
        "followup": [reads, *names, "--markers", str(folder / "markers.tsv"), "--input-ng", "650", "-o", out],
        "track": [reads, *names, "--markers", str(folder / "markers.tsv"), "-o", f"{out}/s.hits.tsv"],
        "run": [str(folder / "samples.tsv"), "-o", out],
        "check": [str(folder / "samples.tsv")],
    }
    first, *rest = calls[command]
    return main([command, first, *more, *rest])


def assert_error(command: str, folder: Path, capsys: pytest.CaptureFixture[str], message: str, *more: str) -> None:
    """Check that the command prints one error that contains `message`, and leaves no file."""
    assert call(command, folder, *more) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("clonotrack: error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert not [path for path in (folder / "out").rglob("*") if path.is_file()]


def cut_gzip(path: Path) -> None:
    data = gzip.compress("".join(RECORD.format(i) for i in range(2000)).encode())
    path.write_bytes(data[: len(data) // 2])


READS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "reads.fq: cannot be read (no such file or directory)"),
    "empty": (lambda path: path.write_text(""), "reads.fq: is empty"),
    "truncated gzip": (cut_gzip, "reads.fq: the gzip data stop in the middle"),
    "missing line": (lambda path: path.write_text(f"@a\n{READ}\n+\n"), "reads.fq, record 1"),
    "missing line inside": (
        lambda path: path.write_text(RECORD.format(1) + f"@a\n{READ}\n{'I' * 60}\n" + RECORD.format(2)),
        "reads.fq, record 2",
    ),
    "unequal lengths": (lambda path: path.write_text(RECORD.format(1) + f"@a\n{READ}\n+\nIII\n"), "reads.fq, record 2"),
    "not ASCII": (lambda path: path.write_bytes(RECORD.format(1).encode() + b"@a\nAC\xc3\xa9\n+\nIIII\n"), "record 2"),
}


@pytest.mark.parametrize("command", ["reads", "baseline", "followup", "track"])
@pytest.mark.parametrize("spoil", READS)
def test_spoiled_reads(folder: Path, capsys: pytest.CaptureFixture[str], command: str, spoil: str) -> None:
    change, message = READS[spoil]
    change(folder / "reads.fq")
    assert_error(command, folder, capsys, message)


@pytest.mark.parametrize("command", ["baseline", "followup", "track"])
def test_fasta_if_qualities_are_needed(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    (folder / "reads.fq").write_text(f">a\n{READ}\n")
    assert_error(command, folder, capsys, "reads.fq: is FASTA, and base qualities are needed here")


SHEETS = {
    "unknown column": (SHEET.replace("input_ng", "inptu_ng"), "line 1: column 'inptu_ng' is unknown"),
    "missing column": (SHEET.replace("role", "tissue", 1), "line 1: table SAMPLES has no column 'role'"),
    "duplicate": (SHEET + "p1\td33\tbaseline\treads2.fq\t650\n", "line 4: sample d33 has role"),
    "negative": (SHEET.replace("650", "-650"), "line 2: column input_ng is -650"),
    "not a number": (SHEET.replace("650", "lots"), "line 2: column input_ng is 'lots'"),
    "no file": (SHEET.replace("d33.fq", "gone.fq"), "line 3: column reads_1 names"),
    "neither baseline nor markers": (SHEET.replace("p1\tdx", "p2\tdx"), "patient p1 has no baseline on this sheet"),
    **{
        f"sample_id {name}": (SHEET.replace("\tdx\t", f"\t{name}\t"), "line 2: column sample_id is")
        for name in ("a/b", "..", "a b", "a;b", "$(a)", "`a`", "a|b", "a'b")
    },
}


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("spoil", SHEETS)
def test_spoiled_sample_sheets(folder: Path, capsys: pytest.CaptureFixture[str], command: str, spoil: str) -> None:
    text, message = SHEETS[spoil]
    (folder / "reads2.fq").write_text(RECORD.format(1))
    (folder / "samples.tsv").write_text(text)
    if command == "check":
        assert call(command, folder) == 1
        captured = capsys.readouterr()
        assert message in captured.out + captured.err
    else:
        assert_error(command, folder, capsys, message)


MARKER_TABLES = {
    "no marker": (MARKERS.splitlines()[0] + "\n", "contains no selected marker"),
    "not DNA": (MARKERS.replace(READ, "N" + READ), "line 2: marker m1: its sequence contains 'N' at position 1"),
    "one id twice": (MARKERS + MARKERS.splitlines()[1] + "\n", "line 3: marker_id 'm1' is also on line 2"),
}


@pytest.mark.parametrize("command", ["followup", "track"])
@pytest.mark.parametrize("spoil", MARKER_TABLES)
def test_spoiled_markers(folder: Path, capsys: pytest.CaptureFixture[str], command: str, spoil: str) -> None:
    text, message = MARKER_TABLES[spoil]
    (folder / "markers.tsv").write_text(text)
    assert_error(command, folder, capsys, message)


def test_controls_with_zero_copies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "controls.tsv").write_text(CONTROLS + f"c\tcalibrator\t\t{READ}\t0\n")
    assert_error("baseline", folder, capsys, "controls.tsv, line 2: control c: copies is 0")


@pytest.mark.parametrize("command", ["reads", "baseline", "followup", "track", "run"])
def test_an_output_folder_that_cannot_be_made(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    (folder / "out").write_text("a file")
    assert call(command, folder) == 1
    assert "out: cannot be written" in capsys.readouterr().err
    assert (folder / "out").read_text() == "a file"


def test_an_output_folder_that_is_not_writable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even root may write to this folder."""
    assert main(["reads", str(folder / "reads.fq"), "-o", "/proc/out/s.tsv"]) == 1
    assert "/proc/out: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["reads", "track"])
def test_an_output_that_exists(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    out = folder / "out" / ("s.sequences.tsv" if command == "reads" else "s.hits.tsv")
    assert call(command, folder) == 0
    before = out.read_text()
    assert call(command, folder) == 1
    assert "exists already: choose another output or overwrite it with --force" in capsys.readouterr().err
    assert out.read_text() == before


@pytest.mark.parametrize("command", ["baseline", "track"])
@pytest.mark.parametrize("name", ["a/b", "..", "a b", "$(a)"])
def test_invalid_identifiers_on_the_command_line(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, command: str
) -> None:
    call = [command, str(folder / "reads.fq"), "--sample-id", name, "--subject-id", "p", "-o", str(folder / "out")]
    assert main(call) == 2
    assert "use letters, digits" in capsys.readouterr().err


MATES = {
    "names disagree": (lambda path: path.write_text(RECORD.format(0) + RECORD.format(2)), "record 2: is named 'r1'"),
    "too few": (lambda path: path.write_text(RECORD.format(0)), "reads.fq, record 2: has no mate"),
    "FASTA": (lambda path: path.write_text(f">r0\n{READ}\n"), "d33.fq: is FASTA, and"),
    "missing": (lambda path: path.unlink(), "d33.fq: cannot be read"),
}


@pytest.mark.parametrize("command", ["reads", "baseline", "followup", "track"])
@pytest.mark.parametrize("spoil", MATES)
def test_spoiled_mates(folder: Path, capsys: pytest.CaptureFixture[str], command: str, spoil: str) -> None:
    change, message = MATES[spoil]
    change(folder / "d33.fq")
    assert_error(command, folder, capsys, message, str(folder / "d33.fq"))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("^(?P<umi>.{8})TTTTTTTT", "0 of 5 fragments (0.0%) have a UMI by umi_pattern"),
        ("(?P<umi>.{8})", "umi_pattern '(?P<umi>.{8})' does not start with ^"),
    ],
)
@pytest.mark.parametrize("command", ["reads", "baseline", "followup", "track"])
def test_umi_patterns_that_do_not_fit(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, pattern: str, message: str
) -> None:
    assert_error(command, folder, capsys, message, "--umi", pattern)


def test_check_includes_the_primers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "config.yaml").write_text("libraries: {x: {primers: p.fa}}")
    (folder / "p.fa").write_text(">v\nACGT\n")
    assert main(["check", str(folder / "samples.tsv"), "--config", str(folder / "config.yaml")]) == 1
    assert "p.fa, line 1: primer v has 4 nt" in capsys.readouterr().out


def test_check_prints_every_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "samples.tsv").write_text(SHEET.replace("650", "-1").replace("d33.fq", "gone.fq"))
    assert call("check", folder) == 1
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 2
    assert "2 problems found" in captured.err


def test_check_of_a_sheet_without_problems(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", folder) == 0
    assert "2 rows, 2 samples, no problem found" in capsys.readouterr().out
