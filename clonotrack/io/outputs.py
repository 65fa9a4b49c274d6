"""Write the outputs of a command together, so that an error leaves no partial output.

A command names its outputs before it computes anything. It writes them to temporary files in the same folder, and
moves all of them to their names at the end.
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
    """Give temporary paths for outputs; at the end of the `with` block, move the files to `paths` unless it failed.

    Args:
        paths: the output files; missing folders are created.
        force: overwrite existing files.

    Yields:
        The temporary paths, in the order of `paths`.

    Raises:
        OutputError: an output exists and `force` is not set, two outputs have the same path, or a folder cannot be
            written.
    """
    targets = [Path(path) for path in paths]
    for target in targets:
        _check_target(target, force=force, repeated=targets.count(target) > 1)
    with ExitStack() as stack:
        folders = {folder: _temporary_folder(folder, stack) for folder in {target.parent for target in targets}}
        temporary_paths = [folders[target.parent] / target.name for target in targets]
        yield temporary_paths
        for temporary, target in zip(temporary_paths, targets, strict=True):
            temporary.replace(target)


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder; at the end of the `with` block, rename it to `folder` unless the block failed.

    Raises:
        OutputError: `folder` exists and is not an empty folder, or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OutputError(f"{folder}: exists already: name an output folder that does not exist")
    with ExitStack() as stack:
        temporary = _temporary_folder(folder.absolute().parent, stack) / folder.name
        temporary.mkdir()
        yield temporary
        temporary.replace(folder)


def write_text(path: Path, text: str) -> None:
    """Write text to a file as UTF-8 with a line feed as line end."""
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document to a file; keys keep their order, so that equal documents give equal bytes.

    Raises:
        ValueError: the document contains NaN or infinity.
    """
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_summary(path: str | Path) -> dict[str, Any]:
    """Read a ``summary.json`` and return its content.

    Raises:
        InputError: the file does not exist or is not a JSON object.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path after --summary") from None
    except json.JSONDecodeError as error:
        raise InputError(
            path, f"is not valid JSON ({error.msg}): make it again with the command that wrote it", line=error.lineno
        ) from None
    except (OSError, UnicodeDecodeError):
        raise InputError(
            path, "cannot be read as UTF-8 text: check the permissions, or make the summary again"
        ) from None
    if not isinstance(document, dict):
        raise InputError(path, "is not a JSON object: name a summary.json that clonotrack wrote")
    return document


def _check_target(target: Path, *, force: bool, repeated: bool) -> None:
    if repeated:
        raise OutputError(
            f"{target}: two outputs of this command have this path: give one of them another name or folder"
        )
    if target.is_dir():
        raise OutputError(f"{target}: is a folder, but this output is a file: add a file name to the path")
    if target.exists() and not force:
        raise OutputError(f"{target}: exists already: choose another output or overwrite it with --force")


def _temporary_folder(folder: Path, stack: ExitStack) -> Path:
    """Make a temporary folder inside `folder`.

    When `stack` closes, the temporary folder is removed, and so are created parent folders that are still empty.
    """
    new = [path for path in reversed([folder, *folder.parents]) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".clonotrack-", dir=folder))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise OutputError(f"{folder}: cannot be written ({reason}): choose another output folder") from None
    for path in new:
        stack.callback(_remove_if_empty, path)
    stack.callback(shutil.rmtree, temporary, ignore_errors=True)
    return temporary


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
