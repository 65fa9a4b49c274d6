"""What a cohort is made of beside its reads: markers and controls, read and checked; and all of it checked at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import ClonotrackError, InputError
from clonotrack.io.primers import read_primers
from clonotrack.io.samples import inspect_samples
from clonotrack.io.tables import read_table
from clonotrack.tables import COMBINED, CONTROLS, CONTROLS_REQUIRED, MARKERS, MARKERS_REQUIRED, SHORTEST_TARGET

NOT_DNA = re.compile(r"[^ACGTacgt]")
_MOST_COPIES = {
    "calibrator": (1e9, "molecules that went into the tube"),
    "reference": (8.0, "copies of it in a cell, 2"),
}


def read_markers(paths: Iterable[str | Path], *, selected: bool = False) -> pl.DataFrame:
    """One MARKERS frame of several tables, generated or written by hand.

    What a hand-written table leaves out is filled in: the clone-specific part is the whole sequence, a clone cell has
    one copy, the marker is tracked.

    Args:
        paths: the tables.
        selected: refuse tables that hold no marker to track.

    Raises:
        InputError: the first thing that is wrong, with its line.
    """
    frames: list[pl.DataFrame] = []
    home: dict[str, Path] = {}
    for path in map(Path, paths):
        frame = check_markers(read_table(path, MARKERS, required=MARKERS_REQUIRED), path, selected=selected)
        for problem in _elsewhere(path, frame, home):
            raise problem
        frames.append(frame)
    return pl.concat(frames) if frames else MARKERS.empty()


def check_markers(frame: pl.DataFrame, path: str | Path = "markers", *, selected: bool = False) -> pl.DataFrame:
    """A MARKERS frame, checked row by row and filled in; `path` is what an error names.

    Raises:
        InputError: the first thing that is wrong, with its line.
    """
    for problem in _marker_problems(path, frame):
        raise problem
    filled = _filled(frame)
    if selected and not filled.get_column("selected").any():
        raise InputError(path, "holds no marker that is selected: there is nothing to track, add or select one")
    return filled


def read_controls(path: str | Path) -> pl.DataFrame:
    """A CONTROLS table: at least one control, DNA letters only, copies above zero.

    Raises:
        InputError: the first thing that is wrong, with its line.
    """
    frame = _controls(path)
    for problem in _control_problems(path, frame):
        raise problem
    return frame


def _controls(path: str | Path) -> pl.DataFrame:
    return read_table(path, CONTROLS, required=CONTROLS_REQUIRED, rows=True)


def controls_by_library(paths: Sequence[str | Path], config: Config) -> dict[str, pl.DataFrame]:
    """CONTROLS of each library: those of the call for every library, else those that its settings name.

    Raises:
        InputError: a table is not in order.
    """
    if paths:
        given = pl.concat([read_controls(path) for path in paths])
        return dict.fromkeys(config.libraries, given)
    named = {name: library.controls for name, library in config.libraries.items()}
    return {name: read_controls(path) for name, path in named.items() if path}


def read_cohort(path: str | Path, config: Config) -> pl.DataFrame:
    """The sample sheet, after everything it and the settings name was checked.

    Raises:
        ClonotrackError: the first problem.
    """
    frame, problems = inspect_cohort(path, config)
    for problem in problems:
        raise problem
    return frame


def inspect_cohort(path: str | Path, config: Config) -> tuple[pl.DataFrame, list[ClonotrackError]]:
    """The sheet and every problem of it, of the markers it names and of the controls and primers the settings name.

    Raises:
        InputError: the sheet is no such table at all.
    """
    frame, found = inspect_samples(path, config)
    problems: list[ClonotrackError] = list(found)
    if not frame.get_column("role").is_in(["baseline", "followup"]).any():
        problems.append(InputError(path, "has no baseline and no followup: there is no patient to report on, add one"))
    home: dict[str, Path] = {}
    for markers in map(Path, frame.get_column("markers").drop_nulls().unique(maintain_order=True)):
        if markers.is_file():
            problems += _caught(lambda markers=markers: _all_marker_problems(markers, home))
    for controls in {library.controls for library in config.libraries.values() if library.controls}:
        problems += _caught(lambda controls=controls: _control_problems(controls, _controls(controls)))
    for primers in {library.primers for library in config.libraries.values() if library.primers}:
        problems += _caught(lambda primers=primers: read_primers(Path(primers)) and [])
    return frame, problems


def _caught(problems: Any) -> list[ClonotrackError]:
    try:
        return list(problems())
    except ClonotrackError as error:
        return [error]


def _all_marker_problems(path: Path, home: dict[str, Path]) -> Iterator[InputError]:
    frame = read_table(path, MARKERS, required=MARKERS_REQUIRED)
    yield from _marker_problems(path, frame)
    yield from _elsewhere(path, frame, home)


def _marker_problems(path: str | Path, frame: pl.DataFrame) -> Iterator[InputError]:
    seen: dict[str, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        name = row["marker_id"]
        if name in seen:
            yield InputError(path, f"marker_id {name!r} stands on line {seen[name]} too: give each its own", line=line)
        seen.setdefault(name, line)
        if name == COMBINED:
            yield InputError(path, f"marker_id {name!r} names the row over all markers: choose another", line=line)
        for message in (*_sequence(row["sequence"]), *_target(row), *_numbers(row)):
            yield InputError(path, f"marker {name}: {message}", line=line)


def _sequence(sequence: str) -> Iterator[str]:
    if odd := NOT_DNA.search(sequence):
        yield f"its sequence holds {odd.group()!r} at position {odd.start() + 1}: use A, C, G and T only"


def _target(row: dict[str, Any]) -> Iterator[str]:
    start, end, length = row["target_start"], row["target_end"], len(row["sequence"])
    if (start is None) != (end is None):
        yield "only one of target_start and target_end is given: give both or none"
    elif start is not None and not 1 <= start <= end <= length:
        yield f"target_start {start} and target_end {end} are not inside its sequence of {length} nt: correct them"
    elif row["selected"] is not False and (part := length if start is None else end - start + 1) < SHORTEST_TARGET:
        yield f"its clone-specific part has {part} nt, and at least {SHORTEST_TARGET} are needed: lengthen it"


def _numbers(row: dict[str, Any]) -> Iterator[str]:
    copies, rate, edits = row["copies_per_cell"], row["background_rate"], row["max_edits"]
    if copies is not None and not (copies > 0 and isfinite(copies)):
        yield f"copies_per_cell is {copies:g}: a clone cell has at least one copy, leave it empty for 1"
    if rate is not None and not 0 <= rate < 1:
        yield f"background_rate is {rate:g}: give molecules per cell, or leave it empty"
    if edits is not None and edits < 0:
        yield f"max_edits is {edits}: give 0 or more, or leave it empty"


def _elsewhere(path: Path, frame: pl.DataFrame, home: dict[str, Path]) -> Iterator[InputError]:
    """Ids that another table has too: an id names one marker in a whole programme."""
    for line, name in enumerate(frame.get_column("marker_id"), start=2):
        if home.setdefault(name, path) != path:
            message = f"marker_id {name!r} stands in {home[name]} too: give one of them another name"
            yield InputError(path, message, line=line)


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("sequence").str.to_uppercase(),
        pl.col("target_start").fill_null(1),
        pl.col("target_end").fill_null(pl.col("sequence").str.len_bytes().cast(pl.Int64)),
        pl.col("copies_per_cell").fill_null(1.0),
        pl.col("selected").fill_null(value=True),
    )


def _control_problems(path: str | Path, frame: pl.DataFrame) -> Iterator[InputError]:
    seen: dict[str, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        name = row["control_id"]
        if name in seen:
            yield InputError(path, f"control_id {name!r} stands on line {seen[name]} too: give each its own", line=line)
        seen.setdefault(name, line)
        for message in _sequence(row["sequence"]):
            yield InputError(path, f"control {name}: {message}", line=line)
        most, what = _MOST_COPIES[row["kind"]]
        if not 0 < row["copies"] <= most:
            message = f"control {name}: copies is {row['copies']:g}: give the {what}"
            yield InputError(path, message, line=line)
        if row["kind"] == "reference" and row["locus"] is not None:
            message = f"control {name} is a reference and of locus {row['locus']}, which clones rearrange or lose"
            yield InputError(path, f"{message}: choose a locus outside Ig/TCR and leave the column empty", line=line)
