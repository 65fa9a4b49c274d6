"""Compile kernels with numba and keep the machine code in files: the only module that imports numba.

A kernel is a function that numba compiles. Kernels have their own cache (`_KernelCache`), which changes neither numba's
settings nor the caches of a user's own functions. The folder of a kernel is named after its module and a hash of all
sources that the machine code depends on (`source_digest`) and of the versions of compiler and Python. `cache_folder`
decides which folders are safe. Each signature (types of the arguments) of a kernel is one file, named after the
signature and the CPU. Numba itself numbers such files in an index, which two processes that compile at the same time
can damage. Therefore this cache has no index. A process that needs a kernel which another process is compiling waits,
and then loads the result.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import pickle
import sys
import zlib
from collections.abc import Callable
from functools import cache, cached_property, partial, update_wrapper
from types import FunctionType
from typing import Any, TypeVar

import numba as numba  # noqa: PLC0414  (kernels import it from here)
import numpy as np
from llvmlite import __version__ as llvmlite_version
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.serialize import dumps

from clonotrack.kernels import cache_folder, source_digest

Function = TypeVar("Function", bound=Callable[..., object])

_MAGIC = b"clonotrack kernel 1\n"
_PACKAGE = __name__.partition(".")[0]


@cache
def versions() -> str:
    """Return the versions on which machine code depends besides the sources: clonotrack, compilers, numpy, Python."""
    own = importlib.import_module(_PACKAGE).__version__
    return f"{own} {numba.__version__} {llvmlite_version} {np.__version__} {sys.version} {sys.implementation.cache_tag}"


def folder_name(module: str) -> str:
    """Return the folder name of a module's kernels: the module, and a hash of its sources and of the versions."""
    return f"{module.partition('.')[2] or module}-{source_digest.digest_of(module, versions())}"


def folder_names() -> list[str]:
    """Return the folder names of all kernel modules of the package."""
    return [folder_name(module) for module in source_digest.kernel_modules()]


def cpu() -> tuple[str, ...]:
    """Return target triple, name and features of the CPU that numba compiles for."""
    target: tuple[str, ...] = numba.core.registry.cpu_target.target_context.codegen().magic_tuple()
    return target


def _text_of(kind: Any) -> str:
    """Describe a numba type as text; types with different memory layout get different texts."""
    if isinstance(kind, numba.types.BaseNamedTuple):
        inner = ", ".join(f"{name}: {_text_of(field)}" for name, field in zip(kind.fields, kind, strict=True))
        return f"{kind.instance_class.__module__}.{kind.instance_class.__qualname__}({inner})"
    if isinstance(kind, numba.types.BaseTuple | tuple):
        return f"({', '.join(_text_of(field) for field in kind)})"
    return repr(kind)


class _Locator(_CacheLocator):  # type: ignore[misc]
    """Locate the machine code of a kernel by a hash of the text of its module and of all modules that it imports.

    Path and time of the source file do not matter.
    """

    def __init__(self, function: Callable[..., object], file: str) -> None:
        self._py_file = file  # numba names it in a warning
        self._line = function.__code__.co_firstlineno
        self._stamp = folder_name(function.__module__)

    @classmethod
    def from_function(cls, function: Callable[..., object], file: str) -> _Locator | None:
        """Return a locator for a function of this package; None if the source of the function cannot be read."""
        return cls(function, file) if source_digest.source_of(function.__module__) else None

    def get_cache_path(self) -> str:
        """Return the folder into which kernels of this module are written; "" if no folder is safe."""
        folder = cache_folder.writable()
        return "" if folder is None else str(folder / self._stamp)

    def get_source_stamp(self) -> str:
        """Return the module name and the hash of all sources and versions that its machine code depends on."""
        return self._stamp

    def get_disambiguator(self) -> str:
        """Return the line number of the function, which distinguishes functions of one name in a module."""
        return str(self._line)

    def ensure_cache_path(self) -> None:
        """Do nothing, because the folder is made when a file is written."""


class _Implementation(CompileResultCacheImpl):  # type: ignore[misc]
    """Read and write compiled functions as numba does, but with `_Locator`, whatever numba is configured to use."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator.from_function(function, function.__code__.co_filename)
        self._filename_base = f"{function.__qualname__.replace('<', '').replace('>', '')}-{self._lineno}"


class _Files:
    """Read and write the files of one kernel: one file for each signature, CPU and set of numba's options."""

    def __init__(self, stamp: str, base: str, options: dict[str, object]) -> None:
        self._stamp, self._base, self._options = stamp, base, sorted(options.items())

    def _name(self, key: tuple[Any, ...]) -> str:
        signature, *others = key
        text = f"{_text_of(getattr(signature, 'args', signature))} {others!r} {self._options!r}"
        return f"{self._base}.{hashlib.sha256(text.encode()).hexdigest()[:24]}.nbc"

    def load(self, key: tuple[Any, ...]) -> Any:
        """Load the machine code of a key from the first safe folder that contains it; None if no folder does.

        Args:
            key: signature, CPU and source hash, as numba's cache makes it.
        """
        name = self._name(key)
        for folder in cache_folder.readable():
            place = f"{folder}/{self._stamp}"
            if _is_safe(place) and (content := _read(f"{place}/{name}")) is not None:
                cache_folder.note_use(folder, folder_names)
                with contextlib.suppress(Exception):  # damaged in a way that the checksum misses
                    return pickle.loads(content)
        return None

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Write the machine code of a key; if this fails (disk full), the next process compiles it again."""
        folder = cache_folder.writable()
        if folder is None:
            return
        content = dumps(data)
        place = folder / self._stamp
        with contextlib.suppress(OSError):
            cache_folder.note_use(folder, folder_names, compiled=True)
            for attempt in range(2):  # a process of another version can remove the folder
                try:
                    cache_folder.make_folder(place)
                    head = _MAGIC + zlib.crc32(content).to_bytes(4, "little")
                    cache_folder.replace_file(place / self._name(key), head + content)
                    break
                except FileNotFoundError:
                    if attempt:
                        raise

    def claim(self, key: tuple[Any, ...]) -> contextlib.AbstractContextManager[bool]:
        """Make this process the only one that compiles the key; the context yields True if it had to wait."""
        return cache_folder.claim(f"{self._stamp}/{self._name(key)}")

    def flush(self) -> None:
        """Remove all files of this kernel."""
        folder = cache_folder.writable()
        if folder is not None:
            for file in (folder / self._stamp).glob(f"{self._base}.*"):
                file.unlink(missing_ok=True)


_safe: set[str] = set()


def _is_safe(folder: str) -> bool:
    """Return True if only trusted users can write a module's folder; False if others can, or if it is missing."""
    if folder not in _safe:
        with contextlib.suppress(OSError):
            if cache_folder.fault_of_entry(os.lstat(folder), folder) is None:
                _safe.add(folder)
    return folder in _safe


def _read(path: str) -> bytes | None:
    """Read a file of machine code; None if the file is missing or damaged, or if other users can write it."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            if cache_folder.fault_of_entry(os.fstat(file.fileno()), path) is not None:
                return None
            content = file.read()
    except OSError:
        return None
    size = len(_MAGIC) + 4
    body = content[size:]
    is_whole = content[:size] == _MAGIC + zlib.crc32(body).to_bytes(4, "little")
    return body if is_whole else None


@cache
def _import_without_scipy() -> None:
    """Import numba's array functions, which every kernel needs, without importing scipy.linalg.

    Numba imports scipy.linalg only to check that matrix products will work. This takes 0.15 s of the 0.9 s of processor
    time that `clonotrack track` needs if all kernels are compiled (numba 0.68, scipy 1.17). The check is not needed,
    because scipy is a dependency. A user's own functions are not affected: numba checks for scipy again when it
    compiles a matrix product.
    """
    if "numba.np.arraymath" in sys.modules:
        return
    linalg: Any = importlib.import_module("numba.np.linalg")
    check = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        arraymath: Any = importlib.import_module("numba.np.arraymath")
        arraymath.ensure_blas = check
    finally:
        linalg.ensure_blas = check


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """Cache of one kernel in place of numba's; it reads no folder before the first call of the kernel."""

    def __init__(self, function: Callable[..., object], options: dict[str, object]) -> None:
        self._name = repr(function)
        self._py_func = function
        self._impl = _Implementation(function)
        self._cache_file = _Files(self._impl.locator.get_source_stamp(), self._impl.filename_base, options)
        self.enable()

    @property
    def cache_path(self) -> str:
        """The folder into which this kernel is written."""
        path: str = self._impl.locator.get_cache_path()
        return path

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the machine code for a signature; None if there is none."""
        _import_without_scipy()
        loaded = super().load_overload(sig, target_context)
        self._wanted = sig, target_context
        return loaded

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super()._load_overload(sig, target_context)
        except Exception:  # the file is of another numba: the kernel is compiled and written again
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Do nothing, because `compile_once` saves the machine code while other processes wait."""

    def compile_once(self, compiler: Callable[..., Any], args: Any, return_type: Any) -> Any:
        """Compile the signature that `load_overload` did not find, or load it if another process compiled it meanwhile.

        Args:
            compiler: numba's function that compiles and returns a `CompileResult`.
            args: numba types of the arguments.
            return_type: numba type of the result; None lets numba infer the type.

        Returns:
            The `CompileResult`.
        """
        sig, context = self._wanted
        with self._cache_file.claim(self._index_key(sig, context.codegen())) as waited:
            loaded = super().load_overload(sig, context) if waited else None
            if loaded is not None:
                context.insert_user_function(loaded.entry_point, loaded.fndesc, [loaded.library])
                return loaded
            compiled = compiler(args, return_type)
            super().save_overload(sig, compiled)
            return compiled


def njit(function: Function) -> Function:
    """Compile a kernel on its first call, and keep the machine code in the cache folder.

    The kernel runs without the lock of the Python interpreter, so that threads run in parallel.
    """
    return _compiled(function)


def leaf(function: Function) -> Function:
    """Compile as `njit` does, but without reference counting of arrays, which can double the speed.

    Use `leaf` only for a kernel that neither creates nor returns an array, and calls no kernel that creates one. The
    caller keeps all arrays alive. Numba otherwise counts references to every array that is passed or sliced.
    """
    if numba.config.DISABLE_JIT:
        return function
    kernel: Any = _Leaf(function)
    return kernel  # type: ignore[no-any-return]


def inlined(function: Function) -> Function:
    """Compile as `njit` does, but insert the code of the kernel into each caller; for small kernels.

    An inlined kernel may return a slice of an array to a `leaf`.
    """
    return _compiled(function, inline="always")


def constant(value: int) -> int:
    """Return an integer that kernels pass to other kernels.

    It is an `np.int64`: for a plain `int` numba would compile a variant of the called kernel for each value.
    """
    return np.int64(value)  # type: ignore[return-value]  # behaves as an int


class _Leaf:
    """Hold a kernel in two forms, and compile each when it is needed: for Python, and for other kernels.

    Half of the compilation of a function with many arrays is its entry from Python, which unpacks the arguments. Most
    kernels are called by kernels only and do without it.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self.py_func = function
        update_wrapper(self, function)

    def __call__(self, *arguments: object) -> object:
        """Call the form for Python."""
        return self.from_python(*arguments)

    @cached_property
    def from_python(self) -> Callable[..., object]:
        """The form that Python calls."""
        return _compiled(self.py_func, _nrt=False)

    @cached_property
    def from_kernels(self) -> Any:
        """The form that kernels call; it has another name, so that the cache keeps both."""
        source: Any = self.py_func
        function = FunctionType(source.__code__, source.__globals__, source.__name__)
        update_wrapper(function, source)
        function.__qualname__ = f"{source.__qualname__}.from_kernels"
        return _compiled(function, _nrt=False, no_cpython_wrapper=True)

    @property
    def _numba_type_(self) -> Any:
        """The numba type of this object where a kernel calls it."""
        return self.from_kernels._numba_type_


def _compiled(function: Function, **options: object) -> Function:
    options["no_cfunc_wrapper"] = True  # an entry for C code, which nobody uses
    compiled: Any = numba.njit(nogil=True, **options)(function)
    if not numba.config.DISABLE_JIT and source_digest.source_of(function.__module__):
        # As numba's `cache=True`, but with the cache of this module.
        kernels = compiled._cache = _KernelCache(function, options)
        compiled._compiler.compile = partial(kernels.compile_once, compiled._compiler.compile)
    kernel: Function = compiled
    return kernel
