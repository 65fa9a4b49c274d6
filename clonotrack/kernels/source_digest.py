"""Digest a module's source and that of every clonotrack module it imports.

Numba's own cache compares one file per kernel and so misses an edited callee in another file. The digest here changes
with any source that the machine code can depend on, and with nothing else: not with paths or times of files. A cache
that was filled in a container image or by another installation is therefore found. Imports are found with a regular
expression, which takes 3 ms for all kernels; parsing them takes 45 ms.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = __name__.partition(".")[0]

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)|import[ \t]+([^\n#]+))", re.MULTILINE
)
_NAME = re.compile(rb"[.\w]+")
_LEAF = f"{PACKAGE}.kernels.jit"
"""Its own imports decide where machine code is kept, not what it is."""


class Source(NamedTuple):
    """A module's file: digest of its content, and names of the package's modules that it may import."""

    digest: bytes
    imports: frozenset[str]


def path_of(module: str) -> str | None:
    """Return the file of a module of the package, or None if there is no such module."""
    root, _, inside = module.partition(".")
    if root != PACKAGE:
        return None
    place = f"{ROOT}/{inside.replace('.', '/')}"
    for file in (f"{place}.py", f"{place}/__init__.py") if inside else (f"{ROOT}/__init__.py",):
        if os.access(file, os.R_OK):  # pathlib takes 2 ms more for all kernels
            return file
    return None


@cache
def source_of(module: str) -> Source | None:
    """Read a module's file once; None if the package has no such module."""
    path = path_of(module)
    if path is None:
        return None
    content = Path(path).read_bytes()
    imports = frozenset() if module == _LEAF else frozenset(_imports(content, module, path.endswith("__init__.py")))
    return Source(hashlib.sha256(content).digest(), imports)


def _imports(content: bytes, module: str, is_package: bool) -> Iterator[str]:
    """List dotted names of the package that a source's import statements name, modules or not."""
    for origin, names, plain in _IMPORT.findall(content.replace(b"\\\n", b" ")):
        if plain:
            yield from (name for name in _words(plain) if name.startswith(f"{PACKAGE}."))
            continue
        base = origin.decode()
        if base.startswith("."):
            up = len(base) - len(base.lstrip(".")) - is_package
            parents = module.split(".")
            base = ".".join([*parents[: len(parents) - up], *filter(None, [base.lstrip(".")])])
        if base.partition(".")[0] == PACKAGE:
            yield base
            if ROOT.joinpath(*base.split(".")[1:]).is_dir():
                yield from (f"{base}.{name}" for name in _words(names))


def _words(text: bytes) -> list[str]:
    return [word.decode() for word in _NAME.findall(text)]


@cache
def modules_of(module: str) -> tuple[str, ...]:
    """Return a module and the package's modules that it imports, directly or not; sorted."""
    met: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in met and (source := source_of(name)) is not None:
            met.add(name)
            waiting += source.imports
    return tuple(sorted(met))


@cache
def digest_of(module: str, versions: str = "") -> str:
    """Digest what a module's machine code depends on, as 16 hexadecimal digits.

    Args:
        module: dotted name of a module of the package.
        versions: of the compiler and all else that is no source.
    """
    digest = hashlib.sha256(versions.encode())
    for name in modules_of(module):
        source = source_of(name)
        assert source is not None
        digest.update(name.encode() + source.digest)
    return digest.hexdigest()[:16]


def forget() -> None:
    """Read every file again at its next use."""
    for memory in (source_of, modules_of, digest_of):
        memory.cache_clear()


def kernel_modules() -> list[str]:
    """List the modules of the package that hold kernels: `kernels.py`, and the files of each folder `kernels`."""
    files = [*ROOT.rglob("kernels.py"), *ROOT.rglob("kernels/*.py")]
    named = {".".join([PACKAGE, *file.relative_to(ROOT).with_suffix("").parts]) for file in files}
    return sorted(name for name in named if not name.endswith("__init__"))
