"""Digests of files, for provenance.

What a result was made from: versions, settings, digests of the inputs.

No time stamp, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import clonotrack
from clonotrack.config import Config
from clonotrack.errors import InputError
from clonotrack.germline import Reference


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with Path(path).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise InputError(path, f"cannot be read ({(error.strerror or 'unknown reason').lower()})") from None


LIBRARIES = ("numpy", "numba", "polars", "scipy", "isal", "pydantic")


def provenance(
    config: Config, inputs: Iterable[str | Path], reference: Reference, *, seed: int | None = None
) -> dict[str, Any]:
    """The `provenance` part of a ``summary.json``.

    Args:
        config: the settings in force, defaults included.
        inputs: files the result depends on; standard input (``-``) has no digest and is said so.
        reference: the germline reference in use.
        seed: of the random numbers, where any were drawn; the measuring stages draw none.

    Raises:
        InputError: an input cannot be read.
    """
    return {
        "clonotrack": clonotrack.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "libraries": {name: version(name) for name in LIBRARIES},
        "reference": {"name": reference.name, "sha256": reference.digest},
        "inputs": {str(path): _digest(path) for path in inputs},
        "seed": seed,
        "configuration": config.model_dump(mode="json"),
    }


def _digest(path: str | Path) -> str:
    return "standard input: no digest" if str(path) == "-" else f"sha256:{sha256(path)}"
