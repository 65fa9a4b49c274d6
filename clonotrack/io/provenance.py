"""Record what a result was made from: versions, settings and digests of the input files."""

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

_LIBRARIES = ("numpy", "numba", "polars", "scipy", "isal", "pydantic")


def provenance(
    config: Config, inputs: Iterable[str | Path], reference: Reference, *, seed: int | None = None
) -> dict[str, Any]:
    """Make the `provenance` section of a ``summary.json``.

    The section contains no time stamp, so that equal inputs give equal bytes.

    Args:
        config: all settings, defaults included.
        inputs: input files of the result; standard input (``-``) has no digest.
        reference: the germline reference in use.
        seed: seed of the random numbers; None if the result does not depend on random numbers.

    Raises:
        InputError: an input cannot be read.
    """
    return {
        "clonotrack": clonotrack.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "libraries": {name: version(name) for name in _LIBRARIES},
        "reference": {"name": reference.name, "sha256": reference.digest},
        "inputs": {str(path): _input_digest(path) for path in inputs},
        "seed": seed,
        "configuration": config.model_dump(mode="json"),
    }


def _input_digest(path: str | Path) -> str:
    return "standard input: no digest" if str(path) == "-" else f"sha256:{sha256(path)}"


def sha256(path: str | Path) -> str:
    """Compute the SHA-256 of a file, as hexadecimal digits.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with Path(path).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(path, f"cannot be read ({reason}): check the path and the permissions") from None
