"""Read and check the two tables of targets, which are the sequences to track: MARKERS and CONTROLS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import InputError
from clonotrack.io.tables import read_table
from clonotrack.tables import COMBINED, CONTROLS, CONTROLS_REQUIRED, MARKERS, MARKERS_REQUIRED, SHORTEST_TARGET

_NOT_DNA = re.compile(r"[^ACGTacgt]")
_MAX_COPIES = {
    "calibrator": (1e9, "molecules in the tube"),
    "reference": (8.0, "copies in a cell, usually 2"),
}


def read_markers(paths: Iterable[str | Path], *, selected: bool = False) -> pl.DataFrame:
    """Read MARKERS tables and concatenate their rows.

    Empty columns of a hand-written table get defaults: the clone-specific part is the whole sequence, a clone cell has
    one copy, and the marker is selected.

    Args:
        paths: the files.
        selected: raise an error if a table has no selected marker.

    Raises:
        InputError: a table is invalid, or two files contain one `marker_id`; names the file and line of the first
            problem.
    """
    frames: list[pl.DataFrame] = []
    file_of_marker: dict[str, Path] = {}
    for path in map(Path, paths):
        frame = check_markers(_read_markers_file(path), path, selected=selected)
        for problem in _repeated_between_files(path, frame, file_of_marker):
            raise problem
        frames.append(frame)
    return pl.concat(frames) if frames else MARKERS.empty()


def check_markers(frame: pl.DataFrame, path: str | Path = "markers", *, selected: bool = False) -> pl.DataFrame:
    """Check a MARKERS table row by row; return it with defaults in empty columns (see `read_markers`).

    Args:
        frame: the table.
        path: name of the table in error messages.
        selected: raise an error if the table has no selected marker.

    Raises:
        InputError: names the line of the first problem.
    """
    for problem in _marker_problems(path, frame):
        raise problem
    filled = _fill_defaults(frame)
    if selected and not filled.get_column("selected").any():
        raise InputError(
            path, "contains no selected marker, so nothing can be tracked: add a row, or set column selected to T"
        )
    return filled


def read_controls(path: str | Path) -> pl.DataFrame:
    """Read a CONTROLS table and check it: at least one control, DNA sequences, valid numbers of copies.

    Raises:
        InputError: names the line of the first problem.
    """
    frame = _read_controls_file(path)
    for problem in _control_problems(path, frame):
        raise problem
    return frame


def read_controls_by_library(paths: Sequence[str | Path], config: Config) -> dict[str, pl.DataFrame]:
    """Read the CONTROLS table of each library.

    Args:
        paths: files whose rows apply to every library; if empty, each library has the table that its settings name.
        config: the settings with the libraries.

    Returns:
        Library name to CONTROLS table; libraries without a table are left out.

    Raises:
        InputError: a table is invalid.
    """
    if paths:
        controls = pl.concat([read_controls(path) for path in paths])
        return dict.fromkeys(config.libraries, controls)
    files = {name: library.controls for name, library in config.libraries.items()}
    return {name: read_controls(path) for name, path in files.items() if path}


def marker_file_problems(path: Path, file_of_marker: dict[str, Path]) -> Iterator[InputError]:
    """Read a MARKERS table and yield all its problems.

    Args:
        path: the table.
        file_of_marker: `marker_id` to the file that contains this marker, for the files that were checked before. The
            function adds the markers of this file.

    Raises:
        InputError: the file is not a MARKERS table.
    """
    frame = _read_markers_file(path)
    yield from _marker_problems(path, frame)
    yield from _repeated_between_files(path, frame, file_of_marker)


def control_file_problems(path: str | Path) -> Iterator[InputError]:
    """Read a CONTROLS table and yield all its problems.

    Raises:
        InputError: the file is not a CONTROLS table.
    """
    yield from _control_problems(path, _read_controls_file(path))


def _read_markers_file(path: Path) -> pl.DataFrame:
    return read_table(path, MARKERS, required=MARKERS_REQUIRED)


def _read_controls_file(path: str | Path) -> pl.DataFrame:
    return read_table(path, CONTROLS, required=CONTROLS_REQUIRED, require_rows=True)


def _marker_problems(path: str | Path, frame: pl.DataFrame) -> Iterator[InputError]:
    line_of_marker: dict[str, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        name = row["marker_id"]
        if problem := _repeated_name("marker_id", name, line, line_of_marker):
            yield InputError(path, problem, line=line)
        if name == COMBINED:
            yield InputError(
                path, f"marker_id {name!r} is reserved for the row over all markers: rename this marker", line=line
            )
        for problem in (*_sequence_problems(row["sequence"]), *_target_problems(row), *_number_problems(row)):
            yield InputError(path, f"marker {name}: {problem}", line=line)


def _repeated_name(column: str, name: str, line: int, line_of_name: dict[str, int]) -> str | None:
    """Return a message if an earlier line has this name, otherwise None; add a new name to `line_of_name`."""
    if name in line_of_name:
        return f"{column} {name!r} is also on line {line_of_name[name]}: write another name on one of the two lines"
    line_of_name[name] = line
    return None


def _sequence_problems(sequence: str) -> Iterator[str]:
    if match := _NOT_DNA.search(sequence):
        yield f"its sequence contains {match.group()!r} at position {match.start() + 1}: use A, C, G and T only"


def _target_problems(row: dict[str, Any]) -> Iterator[str]:
    start, end, length = row["target_start"], row["target_end"], len(row["sequence"])
    if (start is None) != (end is None):
        yield "only one of target_start and target_end has a value: fill in both or none"
    elif start is not None and not 1 <= start <= end <= length:
        yield (
            f"target_start {start} and target_end {end} are not positions in its sequence of {length} nt: "
            "correct them (1-based)"
        )
    elif row["selected"] is not False and (part := length if start is None else end - start + 1) < SHORTEST_TARGET:
        yield (
            f"its clone-specific part has {part} nt, but the minimum is {SHORTEST_TARGET}: change target_start "
            "or target_end"
        )


def _number_problems(row: dict[str, Any]) -> Iterator[str]:
    copies, rate, edits = row["copies_per_cell"], row["background_rate"], row["max_edits"]
    if copies is not None and not (copies > 0 and isfinite(copies)):
        yield f"copies_per_cell is {copies:g}: use a number above 0, or leave it empty for 1"
    if rate is not None and not 0 <= rate < 1:
        yield f"background_rate is {rate:g}: use molecules per cell (0 to 1), or leave it empty"
    if edits is not None and edits < 0:
        yield f"max_edits is {edits}: use 0 or more, or leave it empty"


def _repeated_between_files(path: Path, frame: pl.DataFrame, file_of_marker: dict[str, Path]) -> Iterator[InputError]:
    """Yield a problem for each marker_id that another file contains: it must be unique among all patients."""
    for line, name in enumerate(frame.get_column("marker_id"), start=2):
        if file_of_marker.setdefault(name, path) != path:
            message = f"marker_id {name!r} is also in {file_of_marker[name]}: rename the marker in one of the two files"
            yield InputError(path, message, line=line)


def _fill_defaults(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("sequence").str.to_uppercase(),
        pl.col("target_start").fill_null(1),
        pl.col("target_end").fill_null(pl.col("sequence").str.len_bytes().cast(pl.Int64)),
        pl.col("copies_per_cell").fill_null(1.0),
        pl.col("selected").fill_null(value=True),
    )


def _control_problems(path: str | Path, frame: pl.DataFrame) -> Iterator[InputError]:
    line_of_control: dict[str, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        name = row["control_id"]
        if problem := _repeated_name("control_id", name, line, line_of_control):
            yield InputError(path, problem, line=line)
        for problem in _sequence_problems(row["sequence"]):
            yield InputError(path, f"control {name}: {problem}", line=line)
        max_copies, meaning = _MAX_COPIES[row["kind"]]
        if not 0 < row["copies"] <= max_copies:
            message = f"control {name}: copies is {row['copies']:g}: use the number of {meaning}"
            yield InputError(path, message, line=line)
        if row["kind"] == "reference" and row["locus"] is not None:
            message = f"control {name} is a reference of locus {row['locus']}, which clones rearrange or lose"
            yield InputError(path, f"{message}: choose a locus outside Ig/TCR and leave the column empty", line=line)
