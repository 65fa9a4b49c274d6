"""Markers and controls as users write them."""

from pathlib import Path

import pytest

from clonotrack.config import Config, Library
from clonotrack.errors import InputError
from clonotrack.io.cohort import inspect_cohort, read_controls, read_markers

MARKERS = "marker_id\tsubject_id\tsequence"
CONTROLS = "control_id\tkind\tlocus\tsequence\tcopies"
DNA = "ACGTTGCA" * 6


def table(path: Path, header: str, *rows: tuple[str, ...]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in ((header,), *rows)))
    return path


def test_a_table_written_by_hand_is_filled_in(tmp_path: Path) -> None:
    frame = read_markers([table(tmp_path / "m.tsv", MARKERS, ("m1", "p1", DNA.lower()))], selected=True)
    row = frame.row(0, named=True)
    assert (row["sequence"], row["target_start"], row["target_end"]) == (DNA, 1, len(DNA))
    assert (row["copies_per_cell"], row["selected"]) == (1.0, True)


def test_tables_are_put_together_and_one_sequence_may_have_two_names(tmp_path: Path) -> None:
    one = table(tmp_path / "1.tsv", MARKERS, ("m1", "p1", DNA))
    two = table(tmp_path / "2.tsv", MARKERS, ("m2", "p2", DNA))
    assert read_markers([one, two])["marker_id"].to_list() == ["m1", "m2"]
    assert read_markers([]).height == 0
    same = table(tmp_path / "3.tsv", MARKERS, ("m1", "p1", DNA))
    with pytest.raises(InputError, match=r"3\.tsv, line 2: marker_id 'm1' stands in .*1\.tsv too"):
        read_markers([one, same])


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (MARKERS, [("m", "p", "ACGU")], "line 2: marker m: its sequence holds 'U' at position 4"),
        (MARKERS, [("m", "p", DNA), ("m", "p", DNA)], "line 3: marker_id 'm' stands on line 2 too"),
        (MARKERS, [("combined", "p", DNA)], "line 2: marker_id 'combined' names the row over all markers"),
        (MARKERS, [("m", "p", DNA[:29])], "marker m: its clone-specific part has 29 nt, and at least 30"),
        (MARKERS, [("", "p", DNA)], "line 2: column marker_id is empty"),
        (f"{MARKERS}\ttarget_start", [("m", "p", DNA, "3")], "only one of target_start and target_end"),
        (f"{MARKERS}\ttarget_start\ttarget_end", [("m", "p", DNA, "3", "99")], "not inside its sequence of 48 nt"),
        (f"{MARKERS}\tcopies_per_cell", [("m", "p", DNA, "0")], "copies_per_cell is 0"),
        (f"{MARKERS}\tbackground_rate", [("m", "p", DNA, "-1")], "background_rate is -1"),
        (f"{MARKERS}\tmax_edits", [("m", "p", DNA, "-1")], "max_edits is -1"),
        (f"{MARKERS}\tcolour", [("m", "p", DNA, "red")], "column 'colour' is unknown"),
        ("marker_id\tsequence", [("m", DNA)], "no column 'subject_id'"),
    ],
)
def test_each_fault_of_a_markers_table(tmp_path: Path, header: str, rows: list[tuple[str, ...]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_markers([table(tmp_path / "m.tsv", header, *rows)])


@pytest.mark.parametrize("rows", [[], [("m", "p", DNA, "F")]])
def test_a_table_without_a_selected_marker(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    path = table(tmp_path / "m.tsv", f"{MARKERS}\tselected", *rows)
    assert read_markers([path])["selected"].sum() == 0
    with pytest.raises(InputError, match="holds no marker that is selected"):
        read_markers([path], selected=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no row below its header"),
        ([("c", "calibrator", "IGH", DNA, "0")], "line 2: control c: copies is 0"),
        ([("c", "calibrator", "IGH", DNA, "-4")], "line 2: control c: copies is -4"),
        ([("c", "calibrator", "IGH", DNA, "1e200")], "line 2: control c: copies is 1e.200"),
        ([("c", "reference", "IGH", DNA, "2")], "line 2: control c is a reference and of locus IGH, which clones"),
        ([("c", "reference", "", DNA, "40")], "line 2: control c: copies is 40: give the copies of it in a cell, 2"),
        ([("c", "calibrator", "IGH", "ACN", "40")], "line 2: control c: its sequence holds 'N' at position 3"),
        ([("c", "calibrator", "", DNA, "40")] * 2, "line 3: control_id 'c' stands on line 2 too"),
        ([("c", "calibrator", "IGX", DNA, "40")], "column locus holds 'IGX'"),
    ],
)
def test_each_fault_of_a_controls_table(tmp_path: Path, rows: list[tuple[str, ...]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_controls(table(tmp_path / "c.tsv", CONTROLS, *rows))


def test_everything_of_a_cohort_is_inspected_at_once(tmp_path: Path) -> None:
    markers = table(tmp_path / "m.tsv", MARKERS, ("m", "p1", "X" + DNA))
    controls = table(tmp_path / "c.tsv", CONTROLS, ("c", "calibrator", "", DNA, "0"))
    columns = "subject_id\tsample_id\trole\treads_1\tinput_ng\tmarkers"
    sheet = table(tmp_path / "s.tsv", columns, ("p1", "s 1", "followup", "none.fq", "-1", markers.name))
    config = Config(libraries={"a": Library(controls=str(controls)), "b": Library(controls=str(tmp_path / "no.tsv"))})
    _, problems = inspect_cohort(sheet, config)
    text = "\n".join(sorted(str(problem) for problem in problems))
    assert len(problems) == 6
    for part in ("c.tsv, line 2: control c: copies", "m.tsv, line 2: marker m", "no.tsv: no such file", "none.fq"):
        assert part in text
