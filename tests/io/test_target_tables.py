"""MARKERS and CONTROLS tables as users write them."""

from pathlib import Path

import pytest

from clonotrack.errors import InputError
from clonotrack.io.target_tables import read_controls, read_markers
from tests.io.hand_written import CONTROLS, DNA, MARKERS, write_tsv


def test_empty_columns_of_a_hand_written_table_get_defaults(tmp_path: Path) -> None:
    frame = read_markers([write_tsv(tmp_path / "m.tsv", MARKERS, ("m1", "p1", DNA.lower()))], selected=True)
    row = frame.row(0, named=True)
    assert (row["sequence"], row["target_start"], row["target_end"]) == (DNA, 1, len(DNA))
    assert (row["copies_per_cell"], row["selected"]) == (1.0, True)


def test_tables_are_joined_and_a_marker_id_is_in_one_file_only(tmp_path: Path) -> None:
    one = write_tsv(tmp_path / "1.tsv", MARKERS, ("m1", "p1", DNA))
    two = write_tsv(tmp_path / "2.tsv", MARKERS, ("m2", "p2", DNA))
    assert read_markers([one, two])["marker_id"].to_list() == ["m1", "m2"]
    assert read_markers([]).height == 0
    same = write_tsv(tmp_path / "3.tsv", MARKERS, ("m1", "p1", DNA))
    with pytest.raises(InputError, match=r"3\.tsv, line 2: marker_id 'm1' is also in .*1\.tsv"):
        read_markers([one, same])


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (MARKERS, [("m", "p", "ACGU")], "line 2: marker m: its sequence contains 'U' at position 4"),
        (MARKERS, [("m", "p", DNA), ("m", "p", DNA)], "line 3: marker_id 'm' is also on line 2"),
        (MARKERS, [("combined", "p", DNA)], "line 2: marker_id 'combined' is reserved for the row over all markers"),
        (MARKERS, [("m", "p", DNA[:29])], "marker m: its clone-specific part has 29 nt, but the minimum is 30"),
        (MARKERS, [("", "p", DNA)], "line 2: column marker_id is empty"),
        (f"{MARKERS}\ttarget_start", [("m", "p", DNA, "3")], "only one of target_start and target_end"),
        (
            f"{MARKERS}\ttarget_start\ttarget_end",
            [("m", "p", DNA, "3", "99")],
            "not positions in its sequence of 48 nt",
        ),
        (f"{MARKERS}\tcopies_per_cell", [("m", "p", DNA, "0")], "copies_per_cell is 0"),
        (f"{MARKERS}\tbackground_rate", [("m", "p", DNA, "-1")], "background_rate is -1"),
        (f"{MARKERS}\tmax_edits", [("m", "p", DNA, "-1")], "max_edits is -1"),
        (f"{MARKERS}\tcolour", [("m", "p", DNA, "red")], "column 'colour' is unknown"),
        ("marker_id\tsequence", [("m", DNA)], "no column 'subject_id'"),
    ],
)
def test_each_problem_of_a_markers_table(
    tmp_path: Path, header: str, rows: list[tuple[str, ...]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_markers([write_tsv(tmp_path / "m.tsv", header, *rows)])


@pytest.mark.parametrize("rows", [[], [("m", "p", DNA, "F")]])
def test_a_table_without_a_selected_marker_is_an_error_if_one_is_needed(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    path = write_tsv(tmp_path / "m.tsv", f"{MARKERS}\tselected", *rows)
    assert read_markers([path])["selected"].sum() == 0
    with pytest.raises(InputError, match="contains no selected marker"):
        read_markers([path], selected=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no row below its header"),
        ([("c", "calibrator", "IGH", DNA, "0")], "line 2: control c: copies is 0"),
        ([("c", "calibrator", "IGH", DNA, "-4")], "line 2: control c: copies is -4"),
        ([("c", "calibrator", "IGH", DNA, "1e200")], "line 2: control c: copies is 1e.200"),
        ([("c", "reference", "IGH", DNA, "2")], "line 2: control c is a reference of locus IGH, which clones"),
        (
            [("c", "reference", "", DNA, "40")],
            "line 2: control c: copies is 40: use the number of copies in a cell, usually 2",
        ),
        ([("c", "calibrator", "IGH", "ACN", "40")], "line 2: control c: its sequence contains 'N' at position 3"),
        ([("c", "calibrator", "", DNA, "40")] * 2, "line 3: control_id 'c' is also on line 2"),
        ([("c", "calibrator", "IGX", DNA, "40")], "column locus is 'IGX'"),
    ],
)
def test_each_problem_of_a_controls_table(tmp_path: Path, rows: list[tuple[str, ...]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_controls(write_tsv(tmp_path / "c.tsv", CONTROLS, *rows))
