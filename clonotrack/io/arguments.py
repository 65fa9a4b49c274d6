"""What a caller of the Python functions gave: the thing itself, or the files to read it from."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import polars as pl

from clonotrack.config import Config
from clonotrack.errors import ConfigError
from clonotrack.germline import Reference
from clonotrack.germline.load import load_reference
from clonotrack.io.cohort import check_markers, controls_by_library, read_markers
from clonotrack.io.read_files import Lane
from clonotrack.io.settings import read_config
from clonotrack.io.tables import read_table
from clonotrack.tables import HITS

File: TypeAlias = str | PathLike[str]
Files: TypeAlias = File | Sequence[File]


def files(given: pl.DataFrame | Files | None) -> list[Path]:
    """The files of an input that may be one, several, a frame or missing."""
    if given is None or isinstance(given, pl.DataFrame):
        return []
    return [Path(path) for path in ([given] if isinstance(given, str | PathLike) else given)]


def lanes(given: Files | Sequence[Lane], mates: Files | None = None) -> list[Lane]:
    """The lanes of one tube; a file without mates is a lane of single reads.

    Raises:
        ConfigError: there are not as many files of mates.
    """
    several = [given] if isinstance(given, str | PathLike) else given
    found = [item if isinstance(item, Lane) else Lane(Path(item)) for item in several]
    if mates is None:
        return found
    second = files(mates)
    if len(second) != len(found):
        raise ConfigError(f"{len(found)} files of reads and {len(second)} of mates: give as many, in the same order")
    return [Lane(lane.reads_1, path) for lane, path in zip(found, second, strict=True)]


def lane_files(lanes: Sequence[Lane]) -> list[Path]:
    """All files of some lanes."""
    return [path for lane in lanes for path in lane.files]


def config(given: Config | File | None, library: str | None = None, umi: str | None = None) -> Config:
    """Settings; the defaults where none were given. `umi` goes in place of the library's pattern."""
    settings = given if isinstance(given, Config) else read_config(None if given is None else Path(given))
    return settings if umi is None else settings.with_umi(library, umi)


def reference(given: Reference | File | None, settings: Config) -> Reference:
    """The reference that was given, else that of the settings, else the embedded one."""
    if isinstance(given, Reference):
        return given
    folder = given or settings.germline
    return load_reference(Path(folder) if folder else None)


def controls(given: pl.DataFrame | File | None, library: str | None, settings: Config) -> pl.DataFrame | None:
    """CONTROLS that were given, else those of the library."""
    if isinstance(given, pl.DataFrame):
        return given
    return controls_by_library(files(given), settings).get(settings.library_name(library))


def control_files(given: pl.DataFrame | File | None, library: str | None, settings: Config) -> list[Path]:
    """The file of the controls, of the call or of the library, where there is one."""
    return files(given if given is not None else settings.library(library).controls)


def markers(given: pl.DataFrame | Files) -> pl.DataFrame:
    """MARKERS with at least one that is selected."""
    if isinstance(given, pl.DataFrame):
        return check_markers(given, selected=True)
    return read_markers(files(given), selected=True)


def hits(given: pl.DataFrame | Files | None) -> pl.DataFrame | None:
    """HITS, where there are any."""
    if given is None or isinstance(given, pl.DataFrame):
        return given
    return pl.concat([read_table(path, HITS) for path in files(given)])
