"""Resolve arguments of the Python functions: an argument is an object, or the files to read it from."""

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
    """List the files of an argument; a table or None has no files."""
    if argument is None or isinstance(argument, pl.DataFrame):
        return []
    return [Path(path) for path in ([argument] if isinstance(argument, str | PathLike) else argument)]


def resolve_lanes(reads: Files | Sequence[Lane], mates: Files | None = None) -> list[Lane]:
    """Convert files of reads to the lanes of one tube.

    Args:
        reads: one file or lane, or several; a file without mates is a lane of single reads.
        mates: files of the second mates, in the order of `reads`.

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
            f"{len(lanes)} files of reads and {len(mate_files)} files of mates: name equally many, in the same order"
        )
    return [Lane(lane.reads_1, path) for lane, path in zip(lanes, mate_files, strict=True)]


def list_lane_files(lanes: Sequence[Lane]) -> list[Path]:
    """List all files of lanes."""
    return [path for lane in lanes for path in lane.files]


def resolve_config(argument: Config | File | None, library: str | None = None, umi: str | None = None) -> Config:
    """Return the settings of an argument, or the defaults without one.

    Args:
        argument: settings, or their YAML file.
        library: name of the library that `umi` applies to.
        umi: UMI pattern that replaces the pattern of the library.

    Raises:
        InputError: the file cannot be read.
        ConfigError: a setting is unknown or invalid.
    """
    settings = argument if isinstance(argument, Config) else read_config(None if argument is None else Path(argument))
    return settings if umi is None else settings.with_umi(library, umi)


def resolve_reference(argument: Reference | File | None, settings: Config) -> Reference:
    """Return the reference of an argument, else that of the settings, else the embedded reference.

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
    """Return the CONTROLS table of an argument, else that of the library, else None.

    Raises:
        InputError: the table is invalid.
    """
    if isinstance(argument, pl.DataFrame):
        return argument
    return read_controls_by_library(list_files(argument), settings).get(settings.library_name(library))


def list_control_files(argument: pl.DataFrame | File | None, library: str | None, settings: Config) -> list[Path]:
    """List the file of the CONTROLS table of an argument, else that of the library; empty without a file."""
    return list_files(argument if argument is not None else settings.library(library).controls)


def resolve_markers(argument: pl.DataFrame | Files) -> pl.DataFrame:
    """Return the checked MARKERS table of an argument, with at least one selected marker.

    Raises:
        InputError: a table is invalid or has no selected marker.
    """
    if isinstance(argument, pl.DataFrame):
        return check_markers(argument, selected=True)
    return read_markers(list_files(argument), selected=True)


def resolve_hits(argument: pl.DataFrame | Files | None) -> pl.DataFrame | None:
    """Return the HITS table of an argument, joined from its files; None without an argument.

    Raises:
        InputError: a table is invalid.
    """
    if argument is None or isinstance(argument, pl.DataFrame):
        return argument
    return pl.concat([read_table(path, HITS) for path in list_files(argument)])
