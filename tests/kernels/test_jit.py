"""Machine code of kernels: kept by content, loaded from safe folders only, and never in the way of a user's numba."""

import os
import pickle
import shutil
import subprocess
import sys
import zlib
from itertools import cycle
from pathlib import Path

import pytest

import clonotrack
from clonotrack.kernels import jit

PACKAGE = Path(clonotrack.__file__).parent

SOURCES = {
    "callee": """
from clonotrack.kernels.jit import njit

@njit
def total(values):
    result = 0
    for value in values:
        result += value
    return result
""",
    "caller": """
from clonotrack.kernels.callee import total
from clonotrack.kernels.jit import njit

@njit
def doubled(values):
    return 2 * total(values)
""",
    "apart": """
from clonotrack.kernels.jit import leaf

@leaf
def first(values):
    return values[0]
""",
}
"""Modules with a kernel each, which a copy of the package gets beside its own."""
KERNELS = """
import numpy as np
import numba.core.event as event
from clonotrack.kernels.apart import first
from clonotrack.kernels.caller import doubled

class Compiled(event.Listener):
    names = []
    def on_start(self, entered):
        self.names.append(entered.data["dispatcher"].py_func.__name__)
    def on_end(self, left):
        pass

event.register("numba:compile", Compiled())
values = np.arange(5, 9)
print(doubled(values), first(values), len(Compiled.names))
"""
"""Call the kernels; print their results, and how often numba compiled something."""
RESULT = "52 5"


def environment(cache: Path | None, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "CLONOTRACK_"))}
    return {**kept, **({} if cache is None else {"CLONOTRACK_CACHE": str(cache)}), **more}


def run(code: str, cache: Path | None, root: Path, **more: str) -> tuple[str, str]:
    """Run Python code with a cache; return what it printed."""
    call = [sys.executable, "-c", code]
    surroundings = environment(cache, PYTHONPATH=str(root), **more)
    ended = subprocess.run(call, env=surroundings, cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip(), ended.stderr


def compilations(cache: Path | None, root: Path, **more: str) -> int:
    """Run the kernels and check their results; return how often numba compiled something."""
    out, error = run(KERNELS, cache, root, **more)
    assert not error
    assert out.startswith(f"{RESULT} ")
    return int(out.split()[-1])


def checkout(folder: Path) -> Path:
    """Copy the package's code, all files with other times, and add the kernels of these tests; return the folder."""
    copy = Path(shutil.copytree(PACKAGE, folder / "clonotrack", ignore=shutil.ignore_patterns("__pycache__", "data")))
    for name, source in SOURCES.items():
        (copy / "kernels" / f"{name}.py").write_text(source)
    for file in copy.rglob("*.py"):
        os.utime(file, (len(str(folder)), 1))
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the kernels of these tests; not to be changed."""
    return checkout(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A cache that holds the kernels; not to be changed."""
    cache = tmp_path_factory.mktemp("filled") / "cache"
    assert compilations(cache, root) >= 3
    return cache


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(filled, tmp_path / "cache"))


def test_kernels_are_compiled_once(cache: Path, root: Path) -> None:
    assert compilations(cache, root) == 0


def test_another_installation_of_the_same_content_finds_them(cache: Path, tmp_path: Path) -> None:
    assert compilations(cache, checkout(tmp_path / "other")) == 0


def test_an_edit_compiles_what_depends_on_it_and_nothing_else(cache: Path, root: Path, tmp_path: Path) -> None:
    edited = checkout(tmp_path / "other")
    with (edited / "clonotrack" / "kernels" / "callee.py").open("a") as file:
        file.write("\n_EDITED = 1\n")
    names = {path.name for path in (cache / "numba").glob("kernels.*")}
    assert compilations(cache, edited) >= 2
    new = {path.name for path in (cache / "numba").glob("kernels.*")} - names
    assert {name.partition("-")[0] for name in new} == {"kernels.callee", "kernels.caller"}
    assert compilations(cache, root) == 0  # the first installation's kernels are still there
    assert compilations(cache, edited) == 0


def test_another_kind_of_cpu_is_compiled_for_anew(cache: Path, root: Path) -> None:
    assert compilations(cache, root, NUMBA_CPU_NAME="generic") >= 2
    assert compilations(cache, root, NUMBA_CPU_NAME="generic") == 0
    assert compilations(cache, root) == 0


def test_damaged_files_are_compiled_again(cache: Path, root: Path) -> None:
    damages = (lambda content: content[: len(content) // 2], lambda _: b"", lambda _: with_head(b"no pickle"))
    files = sorted((cache / "numba").glob("*/*.nbc"))
    for file, damage in zip(files, cycle(damages), strict=False):
        file.write_bytes(damage(file.read_bytes()))
    assert compilations(cache, root) >= 2
    assert compilations(cache, root) == 0


def test_a_file_with_other_bytes_is_not_loaded(tmp_path: Path) -> None:
    content = with_head(bytes(100))
    (tmp_path / "f").write_bytes(content)
    assert jit._read(str(tmp_path / "f")) == bytes(100)
    (tmp_path / "f").write_bytes(content[:-1] + b"x")
    assert jit._read(str(tmp_path / "f")) is None


def with_head(content: bytes) -> bytes:
    """Make a whole file of any content."""
    return jit._MAGIC + zlib.crc32(content).to_bytes(4, "little") + content


def test_two_processes_compile_at_once(tmp_path: Path, root: Path, filled: Path) -> None:
    """Both have the right results; what one compiles, the other waits for; the cache is whole afterwards."""
    cache = tmp_path / "cache"
    call = [sys.executable, "-c", KERNELS]
    surroundings = environment(cache, PYTHONPATH=str(root))
    both = [subprocess.Popen(call, env=surroundings, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [out.startswith(f"{RESULT} ") for out in printed] == [True, True]
    assert compilations(cache, root) == 0
    assert {file.name for file in cache.rglob("*.nbc")} == {file.name for file in filled.rglob("*.nbc")}
    assert not list(cache.rglob("*.tmp"))


# Code that somebody planted


class Planted:
    """An object that makes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """What appears if planted code runs."""
    return tmp_path / "planted code ran"


@pytest.fixture
def planted(cache: Path, trace: Path) -> Path:
    """A cache in which every kernel's file holds planted code."""
    for file in (cache / "numba").glob("*/*.nbc"):
        file.write_bytes(with_head(pickle.dumps(Planted(trace))))
    return cache


def test_planted_code_would_run(planted: Path, trace: Path, root: Path) -> None:
    """What the tests below prevent: in a safe folder the files are loaded."""
    run(KERNELS, planted, root)
    assert trace.exists()


@pytest.mark.parametrize("folder", [".", "numba", "numba/kernels.apart-*"])
def test_nothing_is_loaded_from_a_folder_that_others_can_write(
    planted: Path, trace: Path, root: Path, folder: str
) -> None:
    for file in (planted / "numba").glob("kernels.c*/*.nbc"):
        file.unlink()
    (path,) = planted.glob(folder) if folder != "." else [planted]
    path.chmod(0o777)
    out, error = run(KERNELS, planted, root)
    assert out.startswith(RESULT)
    assert error.count("other users can write") == (folder != "numba/kernels.apart-*")
    assert not trace.exists()


def test_nothing_is_loaded_from_a_file_that_others_can_write(planted: Path, trace: Path, root: Path) -> None:
    for file in (planted / "numba").glob("*/*.nbc"):
        file.chmod(0o666)
    run(KERNELS, planted, root)
    assert not trace.exists()


def test_nothing_is_loaded_through_a_link(planted: Path, trace: Path, root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(planted)
    _, error = run(KERNELS, tmp_path / "link", root)
    assert "is a symbolic link" in error
    assert not trace.exists()


@pytest.mark.parametrize("owner", [None, 54_321])
def test_a_folder_in_tmpdir_is_not_taken_if_the_home_cannot_be_written(
    planted: Path, trace: Path, root: Path, tmp_path: Path, owner: int | None
) -> None:
    """The attack that was reported: another user makes the folder that clonotrack used to take, with code in it."""
    if owner is not None and os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    tmpdir = tmp_path / "tmp"
    tmpdir.mkdir()
    tmpdir.chmod(0o1777)
    trap = tmpdir / f"clonotrack-{os.getuid()}"
    planted.rename(trap)
    for path in (trap, *trap.rglob("*")):
        path.chmod(0o777)
        if owner is not None:
            os.chown(path, owner, owner)
    out, error = run(KERNELS, None, root, HOME="/dev/null", XDG_CACHE_HOME="/dev/null", TMPDIR=str(tmpdir))
    assert out.startswith(RESULT)
    assert not trace.exists()
    assert error.startswith("clonotrack: warning: compiled kernels cannot be kept: /dev/null cannot be made")
    assert error.count("\n") == 1
    assert list(tmpdir.iterdir()) == [trap]  # the private folder is gone


# A user's own numba


def test_importing_prints_nothing_and_makes_nothing(tmp_path: Path) -> None:
    code = "import clonotrack.cli.track, clonotrack.pipeline, clonotrack.track, clonotrack.annotate"
    assert run(code, tmp_path / "cache", PACKAGE.parent) == ("", "")
    assert not (tmp_path / "cache").exists()


OWN = """
import os
before = dict(os.environ)
import numba, own
folder = own.f._cache.cache_path
own.f(1.0)
import numpy as np
from clonotrack.kernels.caller import doubled
doubled(np.arange(5))
import later
later.f(1.0)
print(folder == later.f._cache.cache_path, numba.config.CACHE_DIR or "-", dict(os.environ) == before, folder)
print(later.product(np.eye(2), np.ones((2, 2))).sum(), later.correlated(np.ones(3), np.ones(3)).sum())
print(type(later.f._cache).__name__, numba.np.arraymath._HAVE_BLAS)
"""


@pytest.mark.parametrize("settings", [{}, {"NUMBA_CACHE_DIR": "users"}])
def test_a_user_s_own_functions_keep_their_folder_and_settings(
    cache: Path, tmp_path: Path, settings: dict[str, str]
) -> None:
    project = checkout(tmp_path / "project")
    for name in ("own", "later"):
        (project / f"{name}.py").write_text(
            "import numba, numpy as np\n\n@numba.njit(cache=True)\ndef f(x):\n    return x + 1\n\n"
            "@numba.njit\ndef product(a, b):\n    return a @ b\n\n"
            "@numba.njit\ndef correlated(a, b):\n    return np.correlate(a, b)\n"
        )
    settings = {name: str(tmp_path / value) for name, value in settings.items()}
    out, error = run(OWN, cache, project, **settings)
    first, *others = out.splitlines()
    same_folder, numba_folder, same_environment, folder = first.split(" ", 3)
    assert not error
    assert (same_folder, same_environment) == ("True", "True")
    assert numba_folder == settings.get("NUMBA_CACHE_DIR", "-")
    assert Path(folder).is_relative_to(settings.get("NUMBA_CACHE_DIR", project / "__pycache__"))
    assert others == ["4.0 3.0", "FunctionCache True"]
    assert len(list(Path(folder).glob("*.f-*.nbi"))) == 2
    assert not [path for path in cache.rglob("*") if "own" in path.name or "later" in path.name]


def test_numba_s_locators_are_not_used_for_kernels(cache: Path, root: Path) -> None:
    """A user who names locators for numba does not redirect kernels into folders that nobody checked."""
    assert (
        compilations(cache, root, NUMBA_CACHE_LOCATOR_CLASSES="UserWideCacheLocator", NUMBA_CACHE_DIR="/dev/null") == 0
    )


def test_types_of_other_layout_have_other_names() -> None:
    """Fields of a named tuple are told apart by name, for a kernel need not import the class that it is given."""
    from collections import namedtuple

    numba = jit.numba
    one, two = namedtuple("Pair", "a b"), namedtuple("Pair", "b a")
    texts = {jit._text_of((numba.typeof(kind(1, 2)), numba.types.int64)) for kind in (one, two)}
    assert len(texts) == 2
