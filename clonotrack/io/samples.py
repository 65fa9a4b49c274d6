"""Read and check the sample sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import inf, isfinite
from pathlib import Path

import polars as pl

from clonotrack.config import Config
from clonotrack.config.identifiers import IDENTIFIER
from clonotrack.errors import InputError
from clonotrack.io.read_files import is_alignment
from clonotrack.io.tables import read_table
from clonotrack.tables import SAMPLES, SAMPLES_REQUIRED, TUBE

_AMOUNTS = ("input_cells", "input_ng", "extracted_ng")
_MAX_AMOUNTS = {"input_cells": 1e9, "input_ng": 6.5e6}
_FRACTIONS = ("lymphoid_fraction", "b_fraction", "t_fraction")
_IDENTIFIERS = ("sample_id", "subject_id", "library", "run_id", "replicate")
_FILES = ("reads_1", "reads_2", "markers")
# Columns that must have one value on all lines of a sample, and on all lines of a tube.
_SAMPLE_COLUMNS = ("subject_id", "role", "day", "collection_date", "tissue", "disease", "markers")
_TUBE_COLUMNS = ("input_cells", "input_ng", *_FRACTIONS, "extracted_ng", "run_id", "index_1", "index_2")


def read_samples(path: str | Path, config: Config | None = None) -> pl.DataFrame:
    """Read the sample sheet, check it, and return the SAMPLES table with absolute paths of files.

    Args:
        path: TSV file; file names in it are relative to its folder.
        config: settings that must define each `library` of the sheet; None to skip this check.

    Raises:
        InputError: names the line of the first problem.
    """
    frame, problems = inspect_samples(path, config)
    for problem in problems:
        raise problem
    return frame


def inspect_samples(path: str | Path, config: Config | None = None) -> tuple[pl.DataFrame, list[InputError]]:
    """Read the sample sheet; return the SAMPLES table and all problems, sorted by line.

    Args:
        path: see `read_samples`.
        config: see `read_samples`.

    Raises:
        InputError: the file is not a SAMPLES table.
    """
    path = Path(path)
    frame = read_table(path, SAMPLES, required=SAMPLES_REQUIRED, require_rows=True)
    for column in _FILES:
        absolute = [None if name is None else str(path.parent.resolve() / name) for name in frame.get_column(column)]
        frame = frame.with_columns(pl.Series(column, absolute, dtype=pl.String))
    checks = (
        _row_problems(path, frame, config),
        _contradictions(path, frame),
        _followups_without_markers(path, frame),
        _controls_of_patients(path, frame),
    )
    problems = [problem for check in checks for problem in check]
    return frame, sorted(problems, key=lambda problem: problem.line or 0)


def _row_problems(path: Path, frame: pl.DataFrame, config: Config | None) -> Iterator[InputError]:
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        for message in (*_name_problems(row), *_amount_problems(row), *_file_problems(row), *_date_problems(row)):
            yield InputError(path, message, line=line)
        if row["role"] in ("baseline", "followup") and row["subject_id"] is None:
            message = f"column subject_id is empty, but a {row['role']} needs a patient: fill it in"
            yield InputError(path, message, line=line)
        if config and row["library"] and row["library"] not in config.libraries:
            libraries = ", ".join(config.libraries)
            message = (
                f"library {row['library']!r} is not a library of the settings ({libraries}): correct column "
                "library, or add the library to the settings"
            )
            yield InputError(path, message, line=line)


def _name_problems(row: dict[str, object]) -> Iterator[str]:
    for column in _IDENTIFIERS:
        value = row[column]
        if value is not None and not IDENTIFIER.fullmatch(str(value)):
            allowed = "letters, digits and _ . + - after a letter or digit, without '..'"
            yield f"column {column} is {value!r}: use {allowed}"


def _amount_problems(row: dict[str, object]) -> Iterator[str]:
    for column in (*_AMOUNTS, *_FRACTIONS):
        value = row[column]
        if not isinstance(value, float):
            continue
        if not 0 <= value < inf:
            yield f"column {column} is {value:g}, but an amount must be finite and not negative: correct it"
        elif column in _FRACTIONS and value > 1:
            yield f"column {column} is {value:g}, but a share must be between 0 and 1: correct it"
        elif value > _MAX_AMOUNTS.get(column, inf):
            yield f"column {column} is {value:g}, but a tube contains at most {_MAX_AMOUNTS[column]:g}: correct it"
        elif value == 0 and row["role"] != "negative_control":
            yield f"column {column} is 0: fill in the amount, or leave it empty if it is unknown"


def _file_problems(row: dict[str, object]) -> Iterator[str]:
    for column in _FILES:
        value = row[column]
        if value is not None and not Path(str(value)).is_file():
            yield f"column {column} names {value}, which does not exist: correct the path"
    if row["reads_2"] is not None and is_alignment(Path(str(row["reads_1"]))):
        yield "column reads_1 names a BAM or CRAM file, which contains both mates: leave reads_2 empty"


def _date_problems(row: dict[str, object]) -> Iterator[str]:
    if row["collection_date"] is not None and not _is_date(str(row["collection_date"])):
        yield f"column collection_date is {row['collection_date']!r}: write the date as YYYY-MM-DD"
    if isinstance(row["day"], float) and not isfinite(row["day"]):
        yield f"column day is {row['day']:g}: fill in the day, or leave it empty if it is unknown"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _contradictions(path: Path, frame: pl.DataFrame) -> Iterator[InputError]:
    """Yield a problem for each file that is named twice, and for lines of one sample or tube that contradict."""
    first_rows: dict[tuple[object, ...], dict[str, object]] = {}
    line_of_file: dict[object, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        for name in filter(None, (row["reads_1"], row["reads_2"])):
            if name in line_of_file:
                where = f"also on line {line_of_file[name]}" if line_of_file[name] != line else "twice on this line"
                yield InputError(path, f"the file {name} is {where}: name each file once", line=line)
            line_of_file.setdefault(name, line)
        for key, columns in ((TUBE[:1], _SAMPLE_COLUMNS), (TUBE, _TUBE_COLUMNS)):
            first_row = first_rows.setdefault((len(key), *(row[name] for name in key)), row)
            for column in columns:
                if first_row[column] != row[column]:
                    values = f"{first_row[column]!r} and {row[column]!r}"
                    message = (
                        f"sample {row['sample_id']} has {column} {values} on different lines: write the same "
                        "value on all lines of the sample"
                    )
                    yield InputError(path, message, line=line)


def _followups_without_markers(path: Path, frame: pl.DataFrame) -> Iterator[InputError]:
    """Yield a problem for each follow-up of a patient who has neither a baseline nor a MARKERS file."""
    patients_with_baseline = set(frame.filter(pl.col("role") == "baseline").get_column("subject_id"))
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        if row["role"] == "followup" and row["subject_id"] not in patients_with_baseline and row["markers"] is None:
            message = (
                f"patient {row['subject_id']} has no baseline on this sheet and an empty column markers: add a "
                "baseline or a MARKERS file"
            )
            yield InputError(path, message, line=line)


def _controls_of_patients(path: Path, frame: pl.DataFrame) -> Iterator[InputError]:
    """Yield a problem for each control sample whose subject_id is that of a patient."""
    patients = set(frame.filter(pl.col("role").is_in(["baseline", "followup"])).get_column("subject_id").drop_nulls())
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        if row["role"].endswith("_control") and row["subject_id"] in patients:
            message = f"the {row['role']} has the subject_id of patient {row['subject_id']}: leave subject_id empty"
            yield InputError(path, message, line=line)
