"""The sample sheet: read, and checked as a whole."""

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

AMOUNTS = ("input_cells", "input_ng", "extracted_ng")
MOST = {"input_cells": 1e9, "input_ng": 6.5e6}
FRACTIONS = ("lymphoid_fraction", "b_fraction", "t_fraction")
IDENTIFIERS = ("sample_id", "subject_id", "library", "run_id", "replicate")
OF_SAMPLE = ("subject_id", "role", "day", "collection_date", "tissue", "disease", "markers")
OF_TUBE = ("input_cells", "input_ng", *FRACTIONS, "extracted_ng", "run_id", "index_1", "index_2")


def read_samples(path: str | Path, config: Config | None = None) -> pl.DataFrame:
    """The sheet as a SAMPLES frame, `reads_1` and `markers` absolute.

    Args:
        path: TSV; file names in it are relative to its folder.
        config: where given, each `library` has to be in it.

    Raises:
        InputError: the first problem of the sheet, with its line.
    """
    frame, problems = inspect_samples(path, config)
    for problem in problems:
        raise problem
    return frame


def inspect_samples(path: str | Path, config: Config | None = None) -> tuple[pl.DataFrame, list[InputError]]:
    """The sheet and every problem found in it, in the order of its lines.

    Raises:
        InputError: the sheet is no such table at all.
    """
    path = Path(path)
    frame = read_table(path, SAMPLES, required=SAMPLES_REQUIRED, rows=True)
    for column in ("reads_1", "reads_2", "markers"):
        absolute = [None if name is None else str(path.parent.resolve() / name) for name in frame.get_column(column)]
        frame = frame.with_columns(pl.Series(column, absolute, dtype=pl.String))
    checks = (_rows(path, frame, config), _repeats(path, frame), _patients(path, frame), _controls(path, frame))
    problems = [problem for check in checks for problem in check]
    return frame, sorted(problems, key=lambda problem: problem.line or 0)


def _rows(path: Path, frame: pl.DataFrame, config: Config | None) -> Iterator[InputError]:
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        for message in (*_names(row), *_amounts(row), *_files(row), *_roles(row)):
            yield InputError(path, message, line=line)
        if config and row["library"] and row["library"] not in config.libraries:
            known = ", ".join(config.libraries)
            yield InputError(path, f"library {row['library']!r} is not in the configuration ({known})", line=line)


def _names(row: dict[str, object]) -> Iterator[str]:
    for column in IDENTIFIERS:
        value = row[column]
        if value is not None and not IDENTIFIER.fullmatch(str(value)):
            allowed = "letters, digits and _ . + - after a letter or digit, without '..'"
            yield f"column {column} holds {value!r}: use {allowed}"


def _amounts(row: dict[str, object]) -> Iterator[str]:
    for column in (*AMOUNTS, *FRACTIONS):
        value = row[column]
        if not isinstance(value, float):
            continue
        if not 0 <= value < inf:
            yield f"column {column} holds {value:g}, and an amount is not negative: correct it"
        elif column in FRACTIONS and value > 1:
            yield f"column {column} holds {value:g}, and a share is between 0 and 1: correct it"
        elif value > MOST.get(column, inf):
            yield f"column {column} holds {value:g}, and no tube holds more than {MOST[column]:g}: correct it"
        elif value == 0 and row["role"] != "negative_control":
            yield f"column {column} holds 0: give the amount, or leave it empty where it is not known"


def _files(row: dict[str, object]) -> Iterator[str]:
    for column in ("reads_1", "reads_2", "markers"):
        value = row[column]
        if value is not None and not Path(str(value)).is_file():
            yield f"column {column} names {value}, and there is no such file: correct the path"
    if row["reads_2"] is not None and is_alignment(Path(str(row["reads_1"]))):
        yield "column reads_1 names BAM or CRAM, which holds both mates: leave reads_2 empty"


def _roles(row: dict[str, object]) -> Iterator[str]:
    if row["collection_date"] is not None and not _is_date(str(row["collection_date"])):
        yield f"column collection_date holds {row['collection_date']!r}: write it as YYYY-MM-DD"
    if isinstance(row["day"], float) and not isfinite(row["day"]):
        yield f"column day holds {row['day']:g}: give the day, or leave it empty where it is not known"
    patient = row["role"] in ("baseline", "followup")
    if patient and row["subject_id"] is None:
        yield f"column subject_id is empty, and a {row['role']} belongs to a patient: fill it in"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _repeats(path: Path, frame: pl.DataFrame) -> Iterator[InputError]:
    """Rows of one sample, or one tube, that contradict each other; files named twice."""
    seen: dict[tuple[object, ...], dict[str, object]] = {}
    files: dict[object, int] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        for name in filter(None, (row["reads_1"], row["reads_2"])):
            if name in files:
                where = f"on line {files[name]} too" if files[name] != line else "twice"
                yield InputError(path, f"{name} stands {where}: a file is given once", line=line)
            files.setdefault(name, line)
        for key, columns in ((TUBE[:1], OF_SAMPLE), (TUBE, OF_TUBE)):
            first_row = seen.setdefault((len(key), *(row[name] for name in key)), row)
            for column in columns:
                if first_row[column] != row[column]:
                    values = f"{first_row[column]!r} and {row[column]!r}"
                    message = f"sample {row['sample_id']} has {column} {values} on different lines: make them agree"
                    yield InputError(path, message, line=line)


def _patients(path: Path, frame: pl.DataFrame) -> Iterator[InputError]:
    """Follow-ups that nothing could be tracked in."""
    baselines = set(frame.filter(pl.col("role") == "baseline").get_column("subject_id"))
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        if row["role"] == "followup" and row["subject_id"] not in baselines and row["markers"] is None:
            message = (
                f"patient {row['subject_id']} has neither a baseline on this sheet nor a markers file: add one of them"
            )
            yield InputError(path, message, line=line)


def _controls(path: Path, frame: pl.DataFrame) -> Iterator[InputError]:
    """Controls that would be taken for a patient's samples."""
    patients = set(frame.filter(pl.col("role").is_in(["baseline", "followup"])).get_column("subject_id").drop_nulls())
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        if row["role"].endswith("_control") and row["subject_id"] in patients:
            message = f"the {row['role']} is given to patient {row['subject_id']}, and a control is of no patient here"
            yield InputError(path, f"{message}: leave subject_id empty", line=line)
