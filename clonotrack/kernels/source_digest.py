"""Compute a hash of the source of a module and of all clonotrack modules that it imports.

Numba's own cache checks only the file of the kernel, so it misses an edit of a called function in another file. The
hash of this module changes with every source that the machine code can depend on. It does not change with paths or
times of files. Therefore kernels that were compiled in a container image or by another installation are found. Imports
are found with a regular expression, which takes 3 ms for all kernels; parsing the sources takes 45 ms.
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
"""Module whose imports are not followed, because they decide where machine code is kept, not its content."""


class Source(NamedTuple):
    """Hold the hash of a source file, and the names of modules of this package that the file may import."""

    digest: bytes
    imports: frozenset[str]


def path_of(module: str) -> str | None:
    """Return the path of a module of the package; None if the package does not contain the module."""
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
    """Read the file of a module, once per process; None if the package does not contain the module."""
    path = path_of(module)
    if path is None:
        return None
    content = Path(path).read_bytes()
    imports = frozenset() if module == _LEAF else frozenset(_imports(content, module, path.endswith("__init__.py")))
    return Source(hashlib.sha256(content).digest(), imports)


def _imports(content: bytes, module: str, is_package: bool) -> Iterator[str]:
    """Yield the dotted names in the package that the import statements of a source name; not all are modules."""
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
    """Return the names of a module and of all modules of the package that it imports, also indirectly; sorted."""
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
    """Compute a hash of the sources and versions on which the machine code of a module depends.

    Args:
        module: dotted name of a module of the package.
        versions: versions of compiler, Python and libraries, as one text.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256(versions.encode())
    for name in modules_of(module):
        source = source_of(name)
        assert source is not None
        digest.update(name.encode() + source.digest)
    return digest.hexdigest()[:16]


def forget() -> None:
    """Clear all cached answers, so that every file is read again."""
    for memory in (source_of, modules_of, digest_of):
        memory.cache_clear()


def kernel_modules() -> list[str]:
    """List the modules of the package that contain kernels, as sorted dotted names.

    These are every file ``kernels.py``, and every file in a folder ``kernels`` except ``__init__.py``.
    """
    files = [*ROOT.rglob("kernels.py"), *ROOT.rglob("kernels/*.py")]
    named = {".".join([PACKAGE, *file.relative_to(ROOT).with_suffix("").parts]) for file in files}
    return sorted(name for name in named if not name.endswith("__init__"))
