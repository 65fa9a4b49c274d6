"""Which folders compiled kernels are loaded from, where new ones go, and which are removed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clonotrack.kernels import cache_folder

STRANGER = 54_321
"""A user id that nobody has."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the user's caches; nothing is remembered of other tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CLONOTRACK_CACHE", raising=False)
    cache_folder.forget()
    yield tmp_path / "home"
    cache_folder.forget()


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`$CLONOTRACK_CACHE`: an empty, safe folder."""
    folder = tmp_path / "shared"
    (folder / "numba").mkdir(parents=True)
    monkeypatch.setenv("CLONOTRACK_CACHE", str(folder))
    return folder


def give_away(path: Path) -> None:
    """Make another user own a file or folder."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    os.chown(path, STRANGER, STRANGER)


def forbid_writing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make a folder read-only, for root too."""
    real = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode, **more: real(path, mode, **more) and not (mode & os.W_OK and Path(path) == folder),
    )


# Which folder is safe


def test_a_folder_of_the_user_is_safe(tmp_path: Path) -> None:
    assert cache_folder.fault(tmp_path) is None


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o775, 0o1777])
def test_a_folder_that_others_can_write_is_not_safe(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    os.chown(folder, -1, STRANGER) if os.geteuid() == 0 else None
    folder.chmod(mode)
    if os.geteuid() != 0 and mode == 0o775 and cache_folder._is_private(os.getegid(), os.geteuid()):
        pytest.skip("the user's group holds nobody else, and only root can change the group of a folder")
    assert cache_folder.fault(folder) == f"other users can write {folder}"


def test_a_group_that_holds_only_the_owner_may_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o775)
    if not cache_folder._is_private(tmp_path.stat().st_gid, os.geteuid()):
        pytest.skip("the user has no group of its own")
    assert cache_folder.fault(tmp_path) is None


def test_an_access_list_can_let_others_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o775)
    monkeypatch.setattr(cache_folder, "_has_acl", lambda _: True)
    assert cache_folder.fault(tmp_path) == f"other users can write {tmp_path}"


def test_a_symbolic_link_is_not_safe(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert cache_folder.fault(tmp_path / "link") == f"{tmp_path / 'link'} is a symbolic link"
    (tmp_path / "real" / "cache").mkdir()
    assert cache_folder.fault(tmp_path / "link" / "cache") is None  # the link is a parent: where it leads is looked at


def test_a_folder_of_another_user_is_not_safe(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    give_away(folder)
    assert cache_folder.fault(folder) == f"{folder} belongs to another user (uid {STRANGER})"


def test_the_owner_of_the_package_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    give_away(folder)
    (tmp_path / "package").mkdir()
    give_away(tmp_path / "package")
    monkeypatch.setattr(cache_folder, "_PACKAGE", tmp_path / "package")
    cache_folder.forget()
    assert cache_folder.fault(folder) is None


@pytest.mark.parametrize(("mode", "is_safe"), [(0o777, False), (0o1777, True), (0o755, True)])
def test_a_parent_that_others_can_write_is_safe_only_if_sticky(tmp_path: Path, mode: int, is_safe: bool) -> None:
    (tmp_path / "open" / "cache").mkdir(parents=True)
    (tmp_path / "open").chmod(mode)
    found = cache_folder.fault(tmp_path / "open" / "cache")
    assert found == (None if is_safe else f"other users can write {tmp_path / 'open'}")


@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_a_parent_of_another_user_is_not_safe(tmp_path: Path, mode: int) -> None:
    (tmp_path / "theirs" / "cache").mkdir(parents=True)
    (tmp_path / "theirs").chmod(mode)
    give_away(tmp_path / "theirs")
    assert "theirs" in str(cache_folder.fault(tmp_path / "theirs" / "cache"))


def test_parents_are_looked_at_up_to_one_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of root's that nobody else can write ends the search."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of root's")
    (tmp_path / "open" / "roots" / "cache").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    assert cache_folder.fault(tmp_path / "open" / "roots" / "cache") is None


# Which folder is used


def test_the_chosen_folder_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "new" / "cache"))
    assert cache_folder.readable() == ()
    assert not (tmp_path / "new").exists()  # looking makes nothing
    old = os.umask(0)
    try:
        assert cache_folder.writable() == tmp_path / "new" / "cache" / "numba"
    finally:
        os.umask(old)
    for made in ("new", "new/cache", "new/cache/numba"):
        assert (tmp_path / made).stat().st_mode & 0o777 == 0o755
    cache_folder.forget()
    assert cache_folder.readable() == (tmp_path / "new" / "cache" / "numba",)
    assert capsys.readouterr() == ("", "")


def test_the_folder_of_the_user_is_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache_folder.writable() == home / "clonotrack" / "numba"
    assert capsys.readouterr() == ("", "")


def test_a_read_only_folder_is_read_and_the_user_s_own_is_written(
    home: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forbid_writing(monkeypatch, shared / "numba")
    assert cache_folder.readable() == (shared / "numba",)
    assert capsys.readouterr() == ("", "")  # nothing is missing yet
    assert cache_folder.writable() == home / "clonotrack" / "numba"
    sentence = f"{shared}/numba cannot be written: missing kernels are compiled into {home}/clonotrack\n"
    assert capsys.readouterr().err == f"clonotrack: warning: {sentence}"
    cache_folder.forget()
    assert cache_folder.readable() == (shared / "numba", home / "clonotrack" / "numba")


@pytest.mark.parametrize("folder", ["shared", "shared/numba"])
def test_an_unsafe_chosen_folder_is_neither_read_nor_written(
    folder: str, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / folder).chmod(0o777)
    assert cache_folder.readable() == ()
    written = cache_folder.writable()
    assert written is not None
    assert written.parent == Path(tempfile.gettempdir())
    assert written.stat().st_mode & 0o777 == 0o700
    assert not cache_folder.is_kept(written)
    error = capsys.readouterr().err
    assert error == (
        f"clonotrack: warning: the folder of $CLONOTRACK_CACHE is not used: other users can write {tmp_path / folder}: "
        "this command compiles its kernels into a temporary folder: set CLONOTRACK_CACHE to a folder that only you can "
        "write\n"
    )


def test_a_chosen_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "file" / "cache"))
    assert cache_folder.readable() == ()
    written = cache_folder.writable()
    assert written is not None
    assert not cache_folder.is_kept(written)
    assert f"$CLONOTRACK_CACHE is not used: {tmp_path / 'file'}" in capsys.readouterr().err


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert cache_folder.readable() == ()
    assert cache_folder.writable() is not None
    assert "compiled kernels cannot be kept: the user has no home folder" in capsys.readouterr().err


def test_an_unsafe_folder_for_temporary_files_is_not_used_either(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shared.chmod(0o777)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert cache_folder.writable() is None
    assert "compiles its kernels in memory" in capsys.readouterr().err


def test_a_temporary_folder_is_removed_at_the_end(shared: Path, tmp_path: Path) -> None:
    shared.chmod(0o777)
    (tmp_path / "tmp").mkdir()
    code = (
        "import os\nfrom clonotrack.kernels import cache_folder\n"
        "folder = cache_folder.writable()\nprint(folder, flush=True)\n"
        "if child := os.fork():\n    os.waitpid(child, 0)\n    print(folder.is_dir())"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    folder, is_there_after_a_child = ended.stdout.split()
    assert folder.startswith(f"{tmp_path}/tmp/clonotrack-")
    assert is_there_after_a_child == "True"
    assert ended.stderr.count("\n") == 1
    assert not list((tmp_path / "tmp").iterdir())


# Which kernels are removed


def names_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()}


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Kernels of this installation, of its older version, of another installation, and of one that is long gone."""
    folder = tmp_path / "numba"
    for name in ("a-", "track.kernels.a-", "b-", "other-"):
        for digest in ("0123456789abcdef", "fedcba9876543210"):
            (folder / f"{name}{digest}").mkdir(parents=True)
            (folder / f"{name}{digest}" / "f.1.nbc").write_bytes(b"x")
    (folder / "notes-of-the-user").mkdir()
    (folder / "installation.1111111111111111").write_text("other-0123456789abcdef\n")
    (folder / "installation.2222222222222222").write_text("other-fedcba9876543210\n")
    age(folder / "installation.2222222222222222", 31)
    return folder


def used() -> list[str]:
    return ["a-0123456789abcdef", "track.kernels.a-0123456789abcdef"]


LEFT = {"a-0123456789abcdef", "track.kernels.a-0123456789abcdef", "other-0123456789abcdef", "notes-of-the-user"}


def test_a_compilation_removes_what_no_installation_uses(cache: Path) -> None:
    cache_folder.note_use(cache, used)
    assert len(names_of(cache)) == 9  # a use alone removes nothing
    cache_folder.note_use(cache, used, compiled=True)
    assert names_of(cache) == LEFT
    records = sorted(path.read_text().split() for path in cache.glob("installation.*"))
    assert records == [used(), ["other-0123456789abcdef"]]


def test_two_processes_can_remove_at_once(cache: Path) -> None:
    with ThreadPoolExecutor(max_workers=8) as workers:
        for future in [workers.submit(cache_folder._sweep, cache, set(used())) for _ in range(8)]:
            future.result()
    assert names_of(cache) == LEFT


def test_kernels_of_another_user_and_links_stay(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (cache / "c-0123456789abcdef").symlink_to(tmp_path / "elsewhere")
    give_away(cache / "b-0123456789abcdef")
    cache_folder.note_use(cache, used, compiled=True)
    assert names_of(cache) == {*LEFT, "b-0123456789abcdef", "c-0123456789abcdef"}
    assert (tmp_path / "elsewhere").is_dir()


def test_what_killed_processes_left_is_removed(cache: Path) -> None:
    for name in ("a-0123456789abcdef/f.2.tmp", "a-0123456789abcdef/f.3.tmp", "installation.x.tmp"):
        (cache / name).write_bytes(b"")
    (cache / "removed.1").mkdir()
    for name in ("a-0123456789abcdef/f.2.tmp", "installation.x.tmp"):
        age(cache / name, 2)
    cache_folder.note_use(cache, used, compiled=True)
    assert sorted(path.name for path in cache.rglob("*.tmp")) == ["f.3.tmp"]
    assert not (cache / "removed.1").exists()


def test_a_use_is_noted_once_a_day(cache: Path) -> None:
    cache_folder.note_use(cache, used)
    (record,) = [path for path in cache.glob("installation.*") if path.read_text().startswith("a-")]
    for days, is_new in ((0.5, False), (2, True)):
        cache_folder.forget()
        age(record, days)
        before = record.stat().st_mtime
        cache_folder.note_use(cache, used)
        assert (record.stat().st_mtime != before) == is_new


def test_a_removal_makes_the_cache_incomplete(shared: Path) -> None:
    cache_folder.mark_complete(shared / "numba", "key")
    assert cache_folder.is_complete("key")
    cache_folder.note_use(shared / "numba", used, compiled=True)
    assert cache_folder.is_complete("key")
    cache_folder.forget()
    (shared / "numba" / "b-0123456789abcdef").mkdir()
    cache_folder.note_use(shared / "numba", used, compiled=True)
    assert not cache_folder.is_complete("key")


def test_clear_removes_our_files_only(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLONOTRACK_CACHE", str(cache.parent))
    cache_folder.mark_complete(cache, "key")
    assert list(cache_folder.clear()) == [cache]
    assert [path.name for path in cache.iterdir()] == ["notes-of-the-user"]


def test_a_claim_waits_for_another_process(shared: Path) -> None:
    code = (
        "import sys, time\nfrom clonotrack.kernels import cache_folder\nwith cache_folder.claim('a') as waited:\n"
        "    print(waited, flush=True)\n    sys.stdin.read()\n"
    )
    call = [sys.executable, "-c", code]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "False\n"
        with cache_folder.claim("b") as waited:
            assert not waited
        with ThreadPoolExecutor(1) as worker:
            future = worker.submit(_claimed)
            time.sleep(0.3)
            assert not future.done()
            other.stdin.close()
            assert future.result(timeout=20)


def _claimed() -> bool:
    with cache_folder.claim("a") as waited:
        return waited


def test_a_claim_without_locks_goes_on(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "not implemented")

    monkeypatch.setattr(cache_folder.fcntl, "lockf", refuse)
    with cache_folder.claim("a") as waited:
        assert not waited
