"""Resolve the arguments of the Python functions: each is an object, or the path of a file that contains it."""

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
from clonotrack.io.read_files import Lane
from clonotrack.io.settings import read_config
from clonotrack.io.tables import read_table
from clonotrack.io.target_tables import check_markers, read_controls_by_library, read_markers
from clonotrack.tables import HITS

File: TypeAlias = str | PathLike[str]
Files: TypeAlias = File | Sequence[File]


def list_files(argument: pl.DataFrame | Files | None) -> list[Path]:
    """List the paths in an argument: one path or several; no path for a data frame or None."""
    if argument is None or isinstance(argument, pl.DataFrame):
        return []
    return [Path(path) for path in ([argument] if isinstance(argument, str | PathLike) else argument)]


def resolve_lanes(reads: Files | Sequence[Lane], mates: Files | None = None) -> list[Lane]:
    """Convert files of reads to the lanes of one tube.

    Args:
        reads: one or several files or lanes; a file without mates becomes a lane of single reads.
        mates: files of the second mates, in the order of `reads`; None if there are no mates in files of their own.

    Raises:
        ConfigError: the number of files of mates differs from the number of files of reads.
    """
    items = [reads] if isinstance(reads, str | PathLike) else reads
    lanes = [item if isinstance(item, Lane) else Lane(Path(item)) for item in items]
    if mates is None:
        return lanes
    mate_files = list_files(mates)
    if len(mate_files) != len(lanes):
        raise ConfigError(
            f"{len(lanes)} files of reads, but {len(mate_files)} files of second mates: give one file of "
            "mates for each file of reads, in order"
        )
    return [Lane(lane.reads_1, path) for lane, path in zip(lanes, mate_files, strict=True)]


def list_lane_files(lanes: Sequence[Lane]) -> list[Path]:
    """List the files of all lanes, mates included."""
    return [path for lane in lanes for path in lane.files]


def resolve_config(argument: Config | File | None, library: str | None = None, umi: str | None = None) -> Config:
    """Return the settings that an argument contains or names.

    Args:
        argument: settings, or the path of a YAML file of settings; None gives the default settings.
        library: name of the library whose UMI pattern `umi` replaces; None means the only library, or ``default``.
        umi: UMI pattern; None keeps the pattern of the library.

    Raises:
        InputError: the file cannot be read.
        ConfigError: a setting is unknown or invalid.
    """
    settings = argument if isinstance(argument, Config) else read_config(None if argument is None else Path(argument))
    return settings if umi is None else settings.with_umi(library, umi)


def resolve_reference(argument: Reference | File | None, settings: Config) -> Reference:
    """Return a germline reference.

    Args:
        argument: a reference, or the path of a reference folder. None uses the folder that the settings name; if they
            name none, the embedded reference.
        settings: all settings.

    Raises:
        InputError: the reference folder is invalid.
    """
    if isinstance(argument, Reference):
        return argument
    folder = argument or settings.germline
    return load_reference(Path(folder) if folder else None)


def resolve_controls(
    argument: pl.DataFrame | File | None, library: str | None, settings: Config
) -> pl.DataFrame | None:
    """Return the CONTROLS table of a tube; None if neither the argument nor the library names one.

    Args:
        argument: a CONTROLS table, or its path. None uses the table that the settings of the library name.
        library: name of the library; None means the only library, or the library ``default``.
        settings: all settings.

    Raises:
        InputError: the table is invalid.
    """
    if isinstance(argument, pl.DataFrame):
        return argument
    return read_controls_by_library(list_files(argument), settings).get(settings.library_name(library))


def list_control_files(argument: pl.DataFrame | File | None, library: str | None, settings: Config) -> list[Path]:
    """List the file that `resolve_controls` reads: one path, or none if the table is a data frame or missing."""
    return list_files(argument if argument is not None else settings.library(library).controls)


def resolve_markers(argument: pl.DataFrame | Files) -> pl.DataFrame:
    """Return a checked MARKERS table.

    Args:
        argument: a MARKERS table, or the paths of one or several tables, which are concatenated.

    Raises:
        InputError: a table is invalid or has no selected marker.
    """
    if isinstance(argument, pl.DataFrame):
        return check_markers(argument, selected=True)
    return read_markers(list_files(argument), selected=True)


def resolve_hits(argument: pl.DataFrame | Files | None) -> pl.DataFrame | None:
    """Return a HITS table; None if the argument is None.

    Args:
        argument: a HITS table, or the paths of one or several tables, which are concatenated.

    Raises:
        InputError: a table is invalid.
    """
    if argument is None or isinstance(argument, pl.DataFrame):
        return argument
    return pl.concat([read_table(path, HITS) for path in list_files(argument)])
