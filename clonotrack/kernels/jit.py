"""numba, configured in this one place.

numba's own cache does not notice an edited callee in another file, and fails at import where its folder cannot
be written. So every kernel's machine code lives in a folder named after the sources it depends on (its file and
those that it imports), numba's and Python's version: an edit makes those kernels be compiled anew that it may
change, and no others. The folder is looked for in ``$CLONOTRACK_CACHE``, else the user's cache folder, else a
temporary one.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

_PACKAGE = Path(__file__).parents[1]
_IMPORTED = re.compile(r"^from (clonotrack[.\w]*) import", re.MULTILINE)


def sources_of(module: str, package: Path = _PACKAGE) -> list[Path]:
    """The file of a module and those of the package that it imports, directly or not; sorted."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        source = package.joinpath(*waiting.pop().split(".")[1:]).with_suffix(".py")
        if source not in found:
            found.add(source)
            waiting += _IMPORTED.findall(source.read_text())
    return sorted(found)


def digest_of(module: str, package: Path = _PACKAGE) -> str:
    """What a kernel module's machine code depends on, as 16 hexadecimal digits."""
    digest = hashlib.sha256(importlib.metadata.version("numba").encode())
    digest.update(f"{sys.implementation.cache_tag} {platform.machine()}".encode())
    for source in sources_of(module, package):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _candidates() -> list[Path]:
    chosen = os.environ.get("CLONOTRACK_CACHE")
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    temporary = Path(tempfile.gettempdir()) / f"clonotrack-{os.getuid()}"
    return [Path(chosen)] if chosen else [Path(user) / "clonotrack", temporary]


@cache
def cache_folder() -> Path:
    """The first candidate folder that can be written, made if it is not there; else a fresh temporary one."""
    for candidate in _candidates():
        folder = candidate / "numba"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="clonotrack-"))


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba as numba  # noqa: E402, PLC0414  (after its cache folder is set)


def _register() -> None:
    """Let numba load what every kernel needs, without scipy's linear algebra, which none does: 0.2 s."""
    held = sys.modules.get("scipy.linalg")
    sys.modules["scipy.linalg"] = held  # type: ignore[assignment]  # None: not to be found
    importlib.import_module("numba.np.arraymath")
    if held is None:
        del sys.modules["scipy.linalg"]


_register()


@cache
def _folder(module: str) -> str:
    return str(cache_folder() / f"{module}-{digest_of(module)}")


def njit(function: Function) -> Function:
    """Compile a kernel: machine code on first call, kept in the cache folder, without the interpreter's lock."""
    return _compiled(function)


def leaf(function: Function) -> Function:
    """`njit` for a kernel that neither makes nor returns an array, nor calls one that makes one.

    Numba counts references to every array that is passed or sliced, which takes such kernels up to half of their time;
    here it does not, since the caller holds all arrays.
    """
    return _compiled(function, _nrt=False)


def inlined(function: Function) -> Function:
    """`njit` for a small kernel whose code is put where it is called: may return a piece of an array to a `leaf`."""
    return _compiled(function, inline="always")


def _compiled(function: Function, **options: object) -> Function:
    if function.__module__.startswith("clonotrack."):  # numba asks for the folder when it decorates
        numba.config.CACHE_DIR = _folder(function.__module__)
    compiled: Function = numba.njit(cache=True, nogil=True, **options)(function)
    return compiled
