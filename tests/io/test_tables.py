"""Reading and writing tables: round trips, and problems reported with their line."""

from pathlib import Path

import polars as pl
import pytest

from clonotrack.errors import InputError, TableError
from clonotrack.io import tables
from clonotrack.io.tables import read_table, write_table
from clonotrack.tables import CONTROLS, CONTROLS_REQUIRED, MARKERS, MARKERS_REQUIRED, QC

HEADER = "control_id\tkind\tlocus\tsequence\tcopies\n"


def controls() -> pl.DataFrame:
    rows = {
        "control_id": ["a", "b"],
        "kind": ["calibrator", "reference"],
        "locus": ["IGH", None],
        "sequence": ["ACGT", "TTT"],
        "copies": [40.0, 2.0],
        "v_family": ["IGHV3", None],
    }
    return pl.DataFrame(rows)


@pytest.mark.parametrize("block", [10, 30, 64, 1000])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_block_size_does_not_change_the_table_or_the_lines_of_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, ends: str
) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", block)
    lines = [HEADER.strip(), *(f"c{i}\tcalibrator\tIGH\t{'ACGT' * i}\t{i}" for i in range(1, 9))]
    path = tmp_path / "c.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + (ends.join(lines) + ends * 40).encode())
    frame = read_table(path, CONTROLS, required=CONTROLS_REQUIRED)
    assert frame["control_id"].to_list() == [f"c{i}" for i in range(1, 9)]
    assert frame["copies"].sum() == 36
    problems = {"forty": "line 6: column copies is", "5\t": "line 6: has 6 fields", "\xff": "line 6: is not UTF-8"}
    for text, message in problems.items():
        bad = [*lines[:5], lines[5][:-1] + text, *lines[6:]]
        path.write_bytes((ends.join(bad) + ends).encode("latin-1"))
        with pytest.raises(InputError, match=message):
            read_table(path, CONTROLS, required=CONTROLS_REQUIRED)


@pytest.mark.parametrize("name", ["t.tsv", "t.parquet"])
def test_reading_some_columns(tmp_path: Path, name: str) -> None:
    write_table(controls(), CONTROLS, tmp_path / name)
    frame = read_table(tmp_path / name, CONTROLS, columns=("copies", "control_id"))
    assert frame.equals(controls().select("control_id", "copies"))
    with pytest.raises(InputError, match="no column 'v_family'"):
        controls().drop("v_family").write_parquet(tmp_path / "x.parquet")
        read_table(tmp_path / "x.parquet", CONTROLS, columns=("copies",))


@pytest.mark.parametrize("name", ["t.tsv", "t.parquet"])
def test_a_table_is_read_as_it_was_written(tmp_path: Path, name: str) -> None:
    write_table(controls(), CONTROLS, tmp_path / name)
    assert read_table(tmp_path / name, CONTROLS).equals(controls())


@pytest.mark.parametrize("name", ["t.tsv", "t.parquet"])
def test_a_table_without_rows_is_read_or_is_an_error(tmp_path: Path, name: str) -> None:
    write_table(CONTROLS.empty(), CONTROLS, tmp_path / name)
    assert read_table(tmp_path / name, CONTROLS).equals(CONTROLS.empty())
    with pytest.raises(InputError, match="no row below its header"):
        read_table(tmp_path / name, CONTROLS, require_rows=True)


def test_missing_optional_columns_become_null(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text("marker_id\tsubject_id\tsequence\tselected\nm\tp\tACGT\tF\n")
    frame = read_table(path, MARKERS, required=MARKERS_REQUIRED)
    assert frame.columns == MARKERS.names
    assert frame.row(0, named=True)["selected"] is False
    assert frame["max_edits"].to_list() == [None]


@pytest.mark.parametrize("text", ["\ufeffcontrol_id\tkind\tlocus\tsequence\tcopies\r\na\tcalibrator\t\tAC\t1e2\r\n"])
def test_byte_order_mark_and_windows_line_ends(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.tsv"
    path.write_text(text, encoding="utf-8", newline="")
    row = read_table(path, CONTROLS, required=CONTROLS_REQUIRED).row(0)
    assert row == ("a", "calibrator", None, "AC", 100.0, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("control_id\tkind\tlocus\tsequence\na\tcalibrator\tIGH\tAC\n", r"line 1: .*no column 'copies'"),
        (HEADER.rstrip() + "\tcolour\n", r"line 1: column 'colour' is unknown"),
        (HEADER.rstrip() + "\tcopies\n", r"line 1: column 'copies' appears twice"),
        (
            HEADER + "a\tcalibrator\tIGH\tAC\t40\nb\tcalibrator\tIGH\tAC\n",
            r"line 3: has 4 fields, but the header has 5",
        ),
        (HEADER + "a\tcalibrator\tIGH\tAC\tforty\n", r"line 2: column copies is 'forty', but must be a number"),
        (HEADER + "a\tcalibrator\tIGH\tAC\tNaN\n", r"line 2: column copies is 'NaN', but must be a number"),
        (HEADER + "\tcalibrator\tIGH\tAC\t40\n", r"line 2: column control_id is empty"),
        (HEADER + "a\tspike\tIGH\tAC\t40\n", r"line 2: column kind is 'spike': use one of calibrator, reference"),
    ],
)
def test_each_problem_is_reported_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_table(path, CONTROLS, required=CONTROLS_REQUIRED)
    assert str(caught.value).startswith(str(path))


def test_files_that_are_not_tables_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.tsv", QC)
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.parquet", QC)
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path, QC)
    (tmp_path / "x.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="not a readable Parquet"):
        read_table(tmp_path / "x.parquet", QC)
    (tmp_path / "latin.tsv").write_bytes(b"sample_id\tstage\tmetric\tvalue\tunit\ns\tr\t\xe9\t1\t\n")
    with pytest.raises(InputError, match="line 2: is not UTF-8"):
        read_table(tmp_path / "latin.tsv", QC)


def test_a_frame_that_does_not_fit_its_declaration_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="column copies: the column is missing"):
        write_table(controls().drop("copies"), CONTROLS, tmp_path / "c.tsv")
    twice = pl.concat([controls(), controls()])
    with pytest.raises(TableError, match="control_id='a'"):
        write_table(twice, CONTROLS, tmp_path / "c.tsv")
    with pytest.raises(TableError, match="'spike': use one of"):
        write_table(controls().with_columns(kind=pl.lit("spike")), CONTROLS, tmp_path / "c.tsv")
    with pytest.raises(TableError, match="column copies: has type String"):
        write_table(controls().with_columns(copies=pl.lit("x")), CONTROLS, tmp_path / "c.tsv")
    with pytest.raises(TableError, match="column sequence: is empty in 2 rows"):
        write_table(controls().with_columns(sequence=pl.lit(None, dtype=pl.String)), CONTROLS, tmp_path / "c.tsv")
    assert not (tmp_path / "c.tsv").exists()
