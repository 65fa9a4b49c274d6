"""Results appear whole or not at all.

A command names its outputs before it computes anything; they are written beside their place and moved there
together at the end. An error leaves nothing behind.

JSON documents: the summary beside every result, and the cohort's.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from clonotrack.errors import InputError, OutputError


@contextmanager
def staged(paths: Sequence[str | Path], *, force: bool = False) -> Iterator[list[Path]]:
    """Temporary places for the files of `paths`, moved to their names when the block ends without an error.

    Args:
        paths: the outputs, in order; their folders are made.
        force: overwrite what is there.

    Raises:
        OutputError: an output exists without `force`, is named twice, or its folder cannot be written.
    """
    targets = [Path(path) for path in paths]
    for target in targets:
        _refuse(target, force=force, twice=targets.count(target) > 1)
    with ExitStack() as stack:
        folders = {folder: _temporary(folder, stack) for folder in {target.parent for target in targets}}
        places = [folders[target.parent] / target.name for target in targets]
        yield places
        for place, target in zip(places, targets, strict=True):
            place.replace(target)


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `folder` when the block ends without an error.

    Raises:
        OutputError: `folder` holds something already, or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OutputError(f"{folder}: exists already: name a new folder")
    with ExitStack() as stack:
        place = _temporary(folder.absolute().parent, stack) / folder.name
        place.mkdir()
        yield place
        place.replace(folder)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, with no translation of line ends."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _refuse(target: Path, *, force: bool, twice: bool) -> None:
    if twice:
        raise OutputError(f"{target}: two outputs would have this name: choose another")
    if target.is_dir():
        raise OutputError(f"{target}: is a folder where a file should be written: name a file")
    if target.exists() and not force:
        raise OutputError(f"{target}: exists already: choose another output or overwrite it with --force")


def _temporary(folder: Path, stack: ExitStack) -> Path:
    new = [made for made in reversed([folder, *folder.parents]) if not made.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=".clonotrack-", dir=folder))
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise OutputError(f"{folder}: cannot be written ({reason}): choose another output folder") from None
    for made in new:
        stack.callback(_remove_empty, made)
    stack.callback(shutil.rmtree, place, ignore_errors=True)
    return place


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def read_summary(path: str | Path) -> dict[str, Any]:
    """A ``summary.json``.

    Raises:
        InputError: the file is missing or no JSON object.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path of the summary") from None
    except json.JSONDecodeError as error:
        raise InputError(path, f"is no JSON ({error.msg}): write it again", line=error.lineno) from None
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as text: a summary is JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise InputError(path, "holds no JSON object: give the summary.json of a sample")
    return document


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document: keys in their order, no NaN, the same bytes for the same document."""
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
