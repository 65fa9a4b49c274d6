"""numba, configured in this one place.

numba's own cache does not notice an edited callee in another file, and fails at import where its folder cannot
be written. So the cache lives in a folder named after the sources of all kernels, numba's and Python's version;
it is looked for in ``$CLONOTRACK_CACHE``, else the user's cache folder, else a temporary one.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


def _digest() -> str:
    digest = hashlib.sha256(importlib.metadata.version("numba").encode())
    digest.update(f"{sys.implementation.cache_tag} {platform.machine()}".encode())
    package = Path(__file__).parent
    for source in [*sorted(package.glob("*.py")), package.parent / "sequence.py"]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _candidates() -> list[Path]:
    chosen = os.environ.get("CLONOTRACK_CACHE")
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    temporary = Path(tempfile.gettempdir()) / f"clonotrack-{os.getuid()}"
    return [Path(chosen)] if chosen else [Path(user) / "clonotrack", temporary]


def cache_folder() -> Path:
    """The first candidate folder that can be written, made if it is not there; else a fresh temporary one."""
    name = f"numba-{_digest()}"
    for candidate in _candidates():
        folder = candidate / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="clonotrack-"))


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba  # noqa: E402  (after its cache folder is set)

numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]


def njit(function: Function) -> Function:
    """Compile a kernel: machine code on first call, kept in the cache folder, without the interpreter's lock."""
    compiled: Function = numba.njit(cache=True, nogil=True)(function)
    return compiled
