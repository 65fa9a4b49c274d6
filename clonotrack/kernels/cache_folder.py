"""Choose folders for compiled kernels in which nobody else can plant code.

Loading a compiled kernel runs what its file holds. A folder is therefore used only if it is safe (`fault`): it is no
symbolic link and belongs to the user, to root or to the owner of the installed package, and nobody else can write in it
or replace it. The folder is `$CLONOTRACK_CACHE`, otherwise `clonotrack` in the user's cache folder. If it is safe
but read-only, kernels that it lacks go to the user's own folder. Otherwise they go to a temporary folder, which this
process removes when it ends, and one sentence on standard error says why.

The folder holds `numba`, which holds a folder for each kernel module and content, named `<module>-<digest>`. Each
installation lists those that it uses in a file `installation.<digest>`. When an installation compiles something, it
removes what no list of the last 30 days names.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import grp
import hashlib
import os
import pwd
import re
import shutil
import stat
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

VARIABLE = "CLONOTRACK_CACHE"
KEPT_SECONDS = 30 * 86_400
"""Compiled kernels are kept for an installation that used them in this time."""
_FRESH_SECONDS = 86_400
_PATIENCE_SECONDS = 600
_INSTALLATION, _COMPLETE, _REMOVED, UNFINISHED = "installation.", "complete.", "removed.", ".tmp"
_OF_MODULE = re.compile(r"[\w.]+-[0-9a-f]{16}")
_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def _trusted() -> frozenset[int]:
    """Return the users whose files this process may run: its own, root, and the owner of the installed package."""
    return frozenset({os.geteuid(), 0, _PACKAGE.stat().st_uid})


def fault_of_entry(info: os.stat_result, path: str) -> str | None:
    """Say why a file or folder by itself is not safe: its kind, its owner, or who else can write it."""
    if stat.S_ISLNK(info.st_mode):
        return f"{path} is a symbolic link"
    if info.st_uid not in _trusted():
        return f"{path} belongs to another user (uid {info.st_uid})"
    if _others_write(info, path):
        return f"other users can write {path}"
    return None


def fault(folder: Path) -> str | None:
    """Say why others could plant files in a folder, or return None if nobody can.

    The folder must be no symbolic link. It and its parents, up to a sticky one or one of root's, must belong to a
    trusted user and be writable by nobody else.

    Raises:
        OSError: the folder does not exist or cannot be looked at.
    """
    info = os.lstat(folder)
    found = fault_of_entry(info, str(folder))
    if found is None and not stat.S_ISDIR(info.st_mode):
        return f"{folder} is no folder"
    for parent in folder.resolve().parents if found is None else ():
        info = parent.lstat()
        sticky = bool(info.st_mode & stat.S_ISVTX) and info.st_uid in _trusted()
        found = None if sticky else fault_of_entry(info, str(parent))
        if found is not None or sticky or info.st_uid == 0:
            break
    return found


def _others_write(info: os.stat_result, path: str) -> bool:
    """Tell whether users besides the owner can write; a group that holds only the owner does not count."""
    if info.st_mode & stat.S_IWOTH:
        return True
    return bool(info.st_mode & stat.S_IWGRP) and not (_is_private(info.st_gid, info.st_uid) and not _has_acl(path))


def _is_private(gid: int, uid: int) -> bool:
    """Tell whether a group is the user's own, with no other member (as Debian and Red Hat make them)."""
    try:
        user, group = pwd.getpwuid(uid), grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _has_acl(path: str) -> bool:
    """Tell whether an access control list may let other users write: the group's bits are then its mask."""
    listed: Callable[[str], list[str]] | None = getattr(os, "listxattr", None)
    try:
        return listed is not None and "system.posix_acl_access" in listed(path)
    except OSError:
        return False


def _chosen() -> Path | None:
    value = os.environ.get(VARIABLE)
    return Path(value).absolute() if value else None


def _own() -> Path | None:
    """Return `clonotrack` in the user's cache folder, or None if the user has no home."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "clonotrack"
    except RuntimeError:
        return None


@cache
def readable() -> tuple[Path, ...]:
    """Return the safe folders that exist, in the order in which to look for a compiled kernel."""
    chosen, own = _chosen(), _own()
    first = chosen or own
    if first is None or not _is_safe(first):
        return ()
    reserve = own is not None and own != first and not os.access(first / "numba", os.W_OK) and _is_safe(own)
    return (first / "numba", own / "numba") if reserve and own is not None else (first / "numba",)


def _is_safe(root: Path) -> bool:
    with contextlib.suppress(OSError):
        return fault(root) is None and fault(root / "numba") is None
    return False


@cache
def writable() -> Path | None:
    """Return a safe folder for kernels that are compiled now, made if it is missing; None if there is none.

    Prints one sentence on standard error if that is not the folder the user expects.
    """
    chosen, own = _chosen(), _own()
    first = chosen or own
    is_readable = bool(readable())
    readable.cache_clear()  # a folder that is made now is read from now on
    why = "the user has no home folder" if first is None else _unusable(first)
    if why is None and first is not None:
        return first / "numba"
    other = own if chosen is not None and is_readable else None
    if other is not None and _unusable(other) is None:
        return _say(f"{why}: kernels that it lacks are compiled into {other}", other / "numba")
    whose = f"the folder of ${VARIABLE} is not used" if chosen is not None else "compiled kernels cannot be kept"
    advice = f"set {VARIABLE} to a folder that only you can write"
    temporary = _temporary()
    where = "into a temporary folder" if temporary else "in memory (the folder for temporary files is not safe either)"
    return _say(f"{whose}: {why}: this command compiles its kernels {where}: {advice}", temporary)


def is_kept(folder: Path) -> bool:
    """Tell whether a folder for compiled kernels is there after this process."""
    return folder.name == "numba"


def _unusable(root: Path) -> str | None:
    """Make the folder of kernels below a root; say why it cannot be used."""
    folder = root / "numba"
    try:
        make_folder(root)
        if (found := fault(root)) is not None:
            return found
        make_folder(folder)
        found = fault(folder)
    except OSError as error:
        return f"{error.filename or folder} cannot be made or looked at ({(error.strerror or str(error)).lower()})"
    return found or (None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written")


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, writable by nobody else even if the umask would let them.

    Raises:
        OSError: a parent cannot be written, or stands where a file is.
    """
    if folder.is_dir() or folder.is_symlink():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o755)
    if not folder.is_dir():
        raise NotADirectoryError(20, "not a folder", str(folder))


def _say(sentence: str, folder: Path | None) -> Path | None:
    print(f"clonotrack: warning: {sentence}", file=sys.stderr)
    return folder


def _temporary() -> Path | None:
    """Make a temporary folder that only the user can open and that this process removes at its end."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="clonotrack-"))
        atexit.register(_remove_as, folder, os.getpid())
        return folder if fault(folder) is None else None
    except OSError:
        return None


def _remove_as(folder: Path, process: int) -> None:
    if os.getpid() == process:  # not a child that was forked
        shutil.rmtree(folder, ignore_errors=True)


def forget() -> None:
    """Look at the environment and the folders again at the next use."""
    for memory in (_trusted, readable, writable, _locks, _note_once):
        memory.cache_clear()


# Two processes at once


@contextlib.contextmanager
def claim(name: str) -> Iterator[bool]:
    """Hold a name that one process at a time can hold; yield whether another one held it.

    A lock on one byte of the file `locks` stands for the name. The system gives it back when a process ends. Without
    locks on this file system, or after `_PATIENCE_SECONDS`, it goes on without: then a kernel is compiled twice.
    """
    position = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "little")
    descriptor = _locks(os.getpid())
    waited = held = False
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while descriptor is not None and not held and time.monotonic() < deadline:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, position)
            held = True
        except (BlockingIOError, PermissionError):
            waited = True
            time.sleep(0.05)
        except OSError:
            break
    try:
        yield waited
    finally:
        if held and descriptor is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, position)


@cache
def _locks(_process: int) -> int | None:
    folder = writable()
    with contextlib.suppress(OSError):
        return None if folder is None else os.open(folder / "locks", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    return None


# Which compiled kernels are in use


def note_use(folder: Path, names: Callable[[], Iterable[str]], *, compiled: bool = False) -> None:
    """List the module folders that this installation uses, once a day; after a compilation, remove unused ones.

    Args:
        folder: of compiled kernels.
        names: returns the names of the module folders that this installation can use.
        compiled: a kernel was compiled, so the list may have changed.
    """
    with contextlib.suppress(OSError):
        _note_once(folder, names, compiled)


@cache
def _note_once(folder: Path, names: Callable[[], Iterable[str]], compiled: bool) -> None:
    record = folder / f"{_INSTALLATION}{_installation()}"
    if not compiled and _age(record) < _FRESH_SECONDS:
        return
    if not os.access(folder, os.W_OK):
        return
    used = set(names())
    replace_file(record, "".join(f"{name}\n" for name in sorted(used)).encode())
    if compiled:
        _sweep(folder, used)


@cache
def _installation() -> str:
    """Digest where this package is installed and which Python runs it."""
    place = (str(_PACKAGE), _PACKAGE.stat().st_dev, sys.prefix, sys.implementation.cache_tag)
    return hashlib.sha256(repr(place).encode()).hexdigest()[:16]


def _sweep(folder: Path, used: set[str]) -> None:
    """Remove module folders that no installation lists, and what processes left that were killed."""
    kept = set(used)
    entries = [entry for entry in folder.iterdir() if not entry.is_symlink()]
    for entry in entries:
        if entry.name.startswith((_INSTALLATION, _COMPLETE)) and _age(entry) > KEPT_SECONDS:
            entry.unlink(missing_ok=True)
        elif entry.name.startswith(_INSTALLATION):
            with contextlib.suppress(OSError):
                kept.update(entry.read_text().split())
    unused = [entry for entry in entries if _OF_MODULE.fullmatch(entry.name) and entry.name not in kept]
    for entry in entries:
        if entry.name.startswith(_REMOVED):
            shutil.rmtree(entry, ignore_errors=True)
        elif unused and entry.name.startswith(_COMPLETE):  # it may be of the kernels that go
            entry.unlink(missing_ok=True)
    for entry in unused:
        _remove(entry)
    for unfinished in [*folder.glob(f"*{UNFINISHED}"), *folder.glob(f"*/*{UNFINISHED}")]:
        if _age(unfinished) > _FRESH_SECONDS:
            unfinished.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    """Remove a folder of this user's at once for all processes: one that loads from it finds all of it or nothing."""
    aside = folder.with_name(f"{_REMOVED}{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):  # another process was first
        if folder.lstat().st_uid == os.geteuid():
            folder.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)


def _age(path: Path) -> float:
    """Return the seconds since a file was written; infinite if there is none."""
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return float("inf")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file at once: another process reads all of the old or all of the new content.

    Raises:
        OSError: the folder cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


# `clonotrack compile`


def is_complete(key: str) -> bool:
    """Tell whether a readable folder was filled with all kernels of this key."""
    return any((folder / f"{_COMPLETE}{key}").is_file() for folder in readable())


def mark_complete(folder: Path, key: str) -> None:
    """Note that a folder holds all kernels of this key."""
    replace_file(folder / f"{_COMPLETE}{key}", b"")


def clear() -> Iterator[Path]:
    """Remove the compiled kernels of all versions from the folders that are used; yield those folders.

    Raises:
        OSError: the folder cannot be written.
    """
    for folder in readable():
        if not os.access(folder, os.W_OK):
            continue
        for entry in sorted(folder.iterdir()):
            if _OF_MODULE.fullmatch(entry.name) and not entry.is_symlink():
                _remove(entry)
            elif entry.name.startswith((_INSTALLATION, _COMPLETE)) or entry.name.endswith(UNFINISHED):
                entry.unlink(missing_ok=True)
            elif entry.name.startswith(_REMOVED) and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
        yield folder
