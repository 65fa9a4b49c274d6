"""The sample sheet: valid sheets, and the message of each problem."""

from pathlib import Path

import pytest

from clonotrack.config import Config
from clonotrack.errors import InputError
from clonotrack.io.samples import inspect_samples, read_samples

COLUMNS = ("subject_id", "sample_id", "role", "reads_1", "library", "day", "input_ng", "replicate")
VALID = (
    ("p1", "p1-dx", "baseline", "dx.fq", "default", "0", "650", ""),
    ("p1", "p1-d33", "followup", "d33_1.fq", "default", "33", "3900", ""),
    ("p1", "p1-d33", "followup", "d33_2.fq", "default", "33", "3900", ""),
    ("", "ntc", "negative_control", "ntc.fq", "default", "", "0", ""),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for row in VALID:
        (tmp_path / row[3]).write_text("")
    return tmp_path


def sheet(folder: Path, rows: tuple[tuple[str, ...], ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "samples.tsv"
    path.write_text("".join("\t".join(line) + "\n" for line in (columns, *rows)))
    return path


def with_values(row: int, **values: str) -> tuple[tuple[str, ...], ...]:
    """Return the valid rows, one of them with other values."""
    new = tuple(values.get(column, old) for column, old in zip(COLUMNS, VALID[row], strict=True))
    return (*VALID[:row], new, *VALID[row + 1 :])


def test_a_valid_sheet_with_lanes_and_controls(folder: Path) -> None:
    frame = read_samples(sheet(folder, VALID), Config())
    assert frame["sample_id"].to_list() == ["p1-dx", "p1-d33", "p1-d33", "ntc"]
    assert frame["reads_1"][0] == str(folder / "dx.fq")
    assert frame["input_cells"].is_null().all()


@pytest.mark.parametrize("name", ["a/b", "..", "../up", "a b", "a;rm", "$(x)", "a'b", "-x", "a..b", "é"])
@pytest.mark.parametrize("column", ["sample_id", "subject_id", "library", "replicate"])
def test_names_that_are_unsafe_in_paths_or_a_shell_are_errors(folder: Path, column: str, name: str) -> None:
    with pytest.raises(InputError, match=rf"line 2: column {column} is"):
        read_samples(sheet(folder, with_values(0, **{column: name})))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (with_values(1, input_ng="-5"), "line 3: column input_ng is -5, but an amount must be finite and not negative"),
        (with_values(1, input_ng="inf"), "line 3: column input_ng is inf"),
        (with_values(1, input_ng="much"), "line 3: column input_ng is 'much', but must be a number"),
        (with_values(1, input_ng="0"), "line 3: column input_ng is 0"),
        (with_values(1, day="soon"), "line 3: column day is 'soon', but must be a number"),
        (with_values(1, reads_1="gone.fq"), "line 3: column reads_1 names .*gone.fq, which does not exist"),
        (with_values(1, reads_1="dx.fq"), "line 3: .*dx.fq is also on line 2"),
        (with_values(1, role="sample"), "line 3: column role is 'sample': use one of baseline, followup"),
        (with_values(1, subject_id=""), "line 3: column subject_id is empty, but a followup needs a patient"),
        (with_values(1, library="other"), r"line 3: library 'other' is not a library of the settings \(default\)"),
        (with_values(2, day="34"), r"line 4: sample p1-d33 has day 33.0 and 34.0 on different lines"),
        (with_values(2, input_ng="1"), r"line 4: sample p1-d33 has input_ng 3900.0 and 1.0 on different lines"),
        (with_values(1, input_ng="1e12"), "line 3: column input_ng is 1e.12, but a tube contains at most 6.5e.06"),
        (with_values(1, day="1e400"), "line 3: column day is inf"),
        (with_values(3, subject_id="p1"), "line 5: the negative_control has the subject_id of patient p1"),
        (
            with_values(0, subject_id="p2"),
            "line 3: patient p1 has no baseline on this sheet and an empty column markers",
        ),
    ],
)
def test_each_problem_is_reported_with_its_line(folder: Path, rows: tuple[tuple[str, ...], ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_samples(sheet(folder, rows), Config())


def test_tubes_of_a_sample_may_differ_in_input(folder: Path) -> None:
    rows = with_values(2, input_ng="1000", replicate="B")
    assert read_samples(sheet(folder, rows))["input_ng"].to_list() == [650, 3900, 1000, 0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((*COLUMNS[:-1], "colour"), "line 1: column 'colour' is unknown to table SAMPLES"),
        (("subject_id", "sample", *COLUMNS[2:]), "line 1: table SAMPLES has no column 'sample_id'"),
    ],
)
def test_unknown_and_missing_columns_are_errors(folder: Path, columns: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_samples(sheet(folder, VALID, columns))


@pytest.mark.parametrize("day", ["33.1.2026", "2026-02-30", "20260131", "2026-W05-1"])
def test_missing_mates_and_invalid_dates(folder: Path, day: str) -> None:
    columns = (*COLUMNS[:4], "reads_2", "collection_date")
    rows = ((*VALID[0][:4], "dx2.fq", day),)
    _, problems = inspect_samples(sheet(folder, rows, columns))
    assert [str(problem).split(": ", 1)[1][:35] for problem in problems] == [
        f"column reads_2 names {folder}/dx2.fq"[:35],
        f"column collection_date is '{day}'"[:35],
    ]


def test_all_problems_are_listed_in_the_order_of_the_lines(folder: Path) -> None:
    rows = (
        ("p1", "p 1", "baseline", "no.fq", "default", "0", "-1", ""),
        ("p2", "p2", "followup", "d33_1.fq", "x", "", "", ""),
    )
    _, problems = inspect_samples(sheet(folder, rows), Config())
    assert [problem.line for problem in problems] == [2, 2, 2, 3, 3]
