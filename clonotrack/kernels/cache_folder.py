"""Choose safe folders for compiled kernels: folders in which no other user can place code.

To load a compiled kernel is to run the code in its file. Therefore a folder is used only if it is safe (`fault`). A
safe folder is no symbolic link, belongs to a trusted user (this user, root, or the owner of the installed package), and
can be written or replaced by no other user.

The cache folder is `$CLONOTRACK_CACHE`, or `clonotrack` in the user's cache folder if the variable is not set. If the
cache folder is safe but read-only, missing kernels are written to the user's own folder. If it is not safe, kernels are
written to a temporary folder, which this process removes when it ends. A warning on standard error gives the reason.

The cache folder contains the folder `numba`. In this folder, each kernel module has a folder `<module>-<hash>`, where
the hash depends on the sources. Each installation lists the module folders that it uses in a file
`installation.<hash>`. An installation that compiles a kernel removes all module folders that no list of the last 30
days contains.
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
"""Time for which compiled kernels are kept after an installation last used them [s]."""
_FRESH_SECONDS = 86_400
_PATIENCE_SECONDS = 600
_INSTALLATION, _COMPLETE, _REMOVED, UNFINISHED = "installation.", "complete.", "removed.", ".tmp"
_OF_MODULE = re.compile(r"[\w.]+-[0-9a-f]{16}")
_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def _trusted() -> frozenset[int]:
    """Return the user ids whose files this process may run: this user, root, and the owner of the installed package."""
    return frozenset({os.geteuid(), 0, _PACKAGE.stat().st_uid})


def fault_of_entry(info: os.stat_result, path: str) -> str | None:
    """Check a file or folder itself, without its parent folders.

    Args:
        info: result of `os.lstat` for the file or folder.
        path: path, for the message.

    Returns:
        A message that says why other users could write it; None if only trusted users can.
    """
    if stat.S_ISLNK(info.st_mode):
        return f"{path} is a symbolic link"
    if info.st_uid not in _trusted():
        return f"{path} belongs to another user (uid {info.st_uid})"
    if _others_write(info, path):
        return f"other users can write {path}"
    return None


def fault(folder: Path) -> str | None:
    """Check a folder and its parent folders.

    The folder must be no symbolic link. The folder and its parents must belong to a trusted user and be writable by no
    other user. Parents are checked up to the first one that belongs to root or has the sticky bit.

    Returns:
        A message that says why other users could place files in the folder; None if they cannot.

    Raises:
        OSError: the folder does not exist or cannot be read.
    """
    info = os.lstat(folder)
    found = fault_of_entry(info, str(folder))
    if found is None and not stat.S_ISDIR(info.st_mode):
        return f"{folder} is not a folder"
    for parent in folder.resolve().parents if found is None else ():
        info = parent.lstat()
        sticky = bool(info.st_mode & stat.S_ISVTX) and info.st_uid in _trusted()
        found = None if sticky else fault_of_entry(info, str(parent))
        if found is not None or sticky or info.st_uid == 0:
            break
    return found


def _others_write(info: os.stat_result, path: str) -> bool:
    """Return True if users other than the owner can write; a group whose only member is the owner does not count."""
    if info.st_mode & stat.S_IWOTH:
        return True
    return bool(info.st_mode & stat.S_IWGRP) and not (_is_private(info.st_gid, info.st_uid) and not _has_acl(path))


def _is_private(gid: int, uid: int) -> bool:
    """Return True if a group is the private group of the user, without other members (as on Debian and Red Hat)."""
    try:
        user, group = pwd.getpwuid(uid), grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _has_acl(path: str) -> bool:
    """Return True if a file has an access control list, which may allow other users to write.

    With such a list, the group bits of the mode are the mask of the list.
    """
    listed: Callable[[str], list[str]] | None = getattr(os, "listxattr", None)
    try:
        return listed is not None and "system.posix_acl_access" in listed(path)
    except OSError:
        return False


def _chosen() -> Path | None:
    value = os.environ.get(VARIABLE)
    return Path(value).absolute() if value else None


def _own() -> Path | None:
    """Return the folder `clonotrack` in the user's cache folder; None if the user has no home folder."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "clonotrack"
    except RuntimeError:
        return None


@cache
def readable() -> tuple[Path, ...]:
    """Return the existing safe folders, in the order in which they are searched for a compiled kernel."""
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
    """Return a safe folder for newly compiled kernels, and create the folder if it is missing.

    If this is not the cache folder that the user chose, print a warning with the reason on standard error.

    Returns:
        The folder; None if no folder is safe, so that kernels are kept in memory only.
    """
    chosen, own = _chosen(), _own()
    first = chosen or own
    is_readable = bool(readable())
    readable.cache_clear()  # a folder that is created here is searched from now on
    why = "the user has no home folder" if first is None else _unusable(first)
    if why is None and first is not None:
        return first / "numba"
    other = own if chosen is not None and is_readable else None
    if other is not None and _unusable(other) is None:
        return _say(f"{why}: missing kernels are compiled into {other}", other / "numba")
    whose = f"the folder of ${VARIABLE} is not used" if chosen is not None else "compiled kernels cannot be kept"
    advice = f"set {VARIABLE} to a folder that only you can write"
    temporary = _temporary()
    where = "into a temporary folder" if temporary else "in memory (the folder for temporary files is not safe either)"
    return _say(f"{whose}: {why}: this command compiles its kernels {where}: {advice}", temporary)


def is_kept(folder: Path) -> bool:
    """Return True if a folder for compiled kernels remains when this process ends, False for a temporary folder."""
    return folder.name == "numba"


def _unusable(root: Path) -> str | None:
    """Create the folder `numba` in `root`; return a message if it cannot be used, otherwise None."""
    folder = root / "numba"
    try:
        make_folder(root)
        if (found := fault(root)) is not None:
            return found
        make_folder(folder)
        found = fault(folder)
    except OSError as error:
        return f"{error.filename or folder} cannot be made or read ({(error.strerror or str(error)).lower()})"
    return found or (None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written")


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, writable by this user only, whatever the umask is.

    Raises:
        OSError: a parent cannot be written, or a file has the path of a folder.
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
    """Create a temporary folder that only this user can open; the process removes the folder when it ends.

    Returns:
        The folder; None if it cannot be created or is not safe.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="clonotrack-"))
        atexit.register(_remove_as, folder, os.getpid())
        return folder if fault(folder) is None else None
    except OSError:
        return None


def _remove_as(folder: Path, process: int) -> None:
    if os.getpid() == process:  # not in a forked child process
        shutil.rmtree(folder, ignore_errors=True)


def forget() -> None:
    """Clear all cached answers, so that the environment and the folders are read again."""
    for memory in (_trusted, readable, writable, _locks, _note_once):
        memory.cache_clear()


# Lock between two processes


@contextlib.contextmanager
def claim(name: str) -> Iterator[bool]:
    """Hold a lock that one process at a time can hold, until the context ends.

    The lock is on one byte of the file `locks`; a hash of `name` gives the position of the byte. The system releases
    the lock when a process ends. If the file system has no locks, or after a wait of `_PATIENCE_SECONDS`, the context
    goes on without the lock: two processes can then compile the same kernel.

    Args:
        name: name of the lock, such as the file of a kernel.

    Yields:
        True if another process held the lock first.
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
    """Write the list of module folders that this installation uses, at most once a day.

    After a compilation, write the list in any case, and remove module folders that no installation uses.

    Args:
        folder: folder of compiled kernels.
        names: function that returns the names of the module folders of this installation.
        compiled: True if a kernel was compiled.
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
    """Return a hash that identifies this installation: path of the package, and Python (16 hexadecimal digits)."""
    place = (str(_PACKAGE), _PACKAGE.stat().st_dev, sys.prefix, sys.implementation.cache_tag)
    return hashlib.sha256(repr(place).encode()).hexdigest()[:16]


def _sweep(folder: Path, used: set[str]) -> None:
    """Remove module folders that no installation uses, and unfinished files of processes that were killed.

    Args:
        folder: folder of compiled kernels.
        used: names of the module folders that this installation uses.
    """
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
        elif unused and entry.name.startswith(_COMPLETE):  # it may refer to the removed kernels
            entry.unlink(missing_ok=True)
    for entry in unused:
        _remove(entry)
    for place in (folder, *entries):
        with contextlib.suppress(OSError):  # a file, or a folder that another process removes at this moment
            _remove_unfinished(place)


def _remove_unfinished(folder: Path) -> None:
    """Remove the files that a killed process left half-written in a folder."""
    for file in folder.iterdir():
        if file.name.endswith(UNFINISHED) and _age(file) > _FRESH_SECONDS:
            file.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    """Remove a folder of this user; another process sees either the whole folder or none."""
    aside = folder.with_name(f"{_REMOVED}{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):  # another process has removed the folder
        if folder.lstat().st_uid == os.geteuid():
            folder.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)


def _age(path: Path) -> float:
    """Return the time since a file was written [s]; infinity if the file does not exist."""
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return float("inf")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step: another process reads either the whole old content or the whole new content.

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
    """Return True if `clonotrack compile` has filled a folder with all kernels of this key."""
    return any((folder / f"{_COMPLETE}{key}").is_file() for folder in readable())


def mark_complete(folder: Path, key: str) -> None:
    """Record that a folder contains all kernels of this key.

    Args:
        folder: folder of compiled kernels.
        key: hash of the sources of all kernels and of the CPU.
    """
    replace_file(folder / f"{_COMPLETE}{key}", b"")


def clear() -> Iterator[Path]:
    """Remove the compiled kernels of all versions from all cache folders; yield each folder that was cleared.

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
