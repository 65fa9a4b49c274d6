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
    """Give temporary paths for outputs, and move the files to their names if the block ends without an error.

    Args:
        paths: the outputs; missing folders are created.
        force: overwrite existing files.

    Yields:
        The temporary paths, in the order of `paths`.

    Raises:
        OutputError: an output exists without `force`, two outputs have one name, or a folder cannot be written.
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
    """Give a temporary folder, and rename it to `folder` if the block ends without an error.

    Raises:
        OutputError: `folder` exists and is not an empty folder, or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OutputError(f"{folder}: exists already: name a new folder")
    with ExitStack() as stack:
        temporary = _temporary_folder(folder.absolute().parent, stack) / folder.name
        temporary.mkdir()
        yield temporary
        temporary.replace(folder)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, without conversion of line ends."""
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document; equal documents give equal bytes, with the keys in their order.

    Raises:
        ValueError: the document contains NaN or infinity.
    """
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_summary(path: str | Path) -> dict[str, Any]:
    """Read a ``summary.json``.

    Raises:
        InputError: the file does not exist or is not a JSON object.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(path, "no such file: check the path of the summary") from None
    except json.JSONDecodeError as error:
        raise InputError(path, f"is not valid JSON ({error.msg}): write it again", line=error.lineno) from None
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as text: a summary is JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise InputError(path, "is not a JSON object: name the summary.json of a sample")
    return document


def _check_target(target: Path, *, force: bool, repeated: bool) -> None:
    if repeated:
        raise OutputError(f"{target}: two outputs would have this name: choose another")
    if target.is_dir():
        raise OutputError(f"{target}: is a folder, but the output is a file: name a file")
    if target.exists() and not force:
        raise OutputError(f"{target}: exists already: choose another output or overwrite it with --force")


def _temporary_folder(folder: Path, stack: ExitStack) -> Path:
    """Make a temporary folder in `folder`; the stack removes it, and the new parent folders that stay empty."""
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
