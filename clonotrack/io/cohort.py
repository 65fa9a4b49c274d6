"""Check all input files of a cohort: the sample sheet, and the files of markers, controls and primers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import ClonotrackError, InputError
from clonotrack.io.primers import read_primers
from clonotrack.io.samples import inspect_samples
from clonotrack.io.target_tables import control_file_problems, marker_file_problems


def read_cohort(path: str | Path, config: Config) -> pl.DataFrame:
    """Check the sample sheet and all files that the sheet and the settings name; return the SAMPLES table.

    Args:
        path: the sample sheet.
        config: the settings, which name the files of controls and primers.

    Raises:
        ClonotrackError: describes the first problem in the sheet or in a file.
    """
    frame, problems = inspect_cohort(path, config)
    for problem in problems:
        raise problem
    return frame


def inspect_cohort(path: str | Path, config: Config) -> tuple[pl.DataFrame, list[ClonotrackError]]:
    """List every problem of the sample sheet and of the files that the sheet and the settings name.

    Args:
        path: the sample sheet.
        config: the settings, which name the files of controls and primers.

    Returns:
        The SAMPLES table and all problems, as errors that are not raised.

    Raises:
        InputError: the file is not a SAMPLES table.
    """
    frame, sample_problems = inspect_samples(path, config)
    problems: list[ClonotrackError] = list(sample_problems)
    if not frame.get_column("role").is_in(["baseline", "followup"]).any():
        problems.append(InputError(path, "has no row with the role baseline or followup: add a sample of a patient"))
    file_of_marker: dict[str, Path] = {}
    for markers in map(Path, frame.get_column("markers").drop_nulls().unique(maintain_order=True)):
        if markers.is_file():
            problems += _collect(partial(marker_file_problems, markers, file_of_marker))
    for controls in {library.controls for library in config.libraries.values() if library.controls}:
        problems += _collect(partial(control_file_problems, controls))
    for primers in {library.primers for library in config.libraries.values() if library.primers}:
        problems += _collect(partial(_primer_problems, Path(primers)))
    return frame, problems


def _primer_problems(path: Path) -> list[ClonotrackError]:
    read_primers(path)
    return []


def _collect(check: Callable[[], Iterable[ClonotrackError]]) -> list[ClonotrackError]:
    """List the problems that a check yields, or the error that it raises."""
    try:
        return list(check())
    except ClonotrackError as error:
        return [error]
