"""Where compiled kernels are kept."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clonotrack.kernels import jit


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    jit.cache_folder.cache_clear()
    yield
    jit.cache_folder.cache_clear()


def test_the_chosen_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "cache"))
    folder = jit.cache_folder()
    assert folder.parent == tmp_path / "cache"
    assert folder.is_dir()


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "file"))
    assert os.access(jit.cache_folder(), os.W_OK)
    jit.cache_folder.cache_clear()
    monkeypatch.delenv("CLONOTRACK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert os.access(jit.cache_folder(), os.W_OK)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Kernels of which `caller` needs `callee`, and `callee` the sequence module; `other` needs nothing."""
    folder = tmp_path / "clonotrack"
    (folder / "kernels").mkdir(parents=True)
    (folder / "track" / "kernels").mkdir(parents=True)
    (folder / "sequences.py").write_text("")
    (folder / "track" / "kernels" / "caller.py").write_text("from clonotrack.kernels.callee import f\n")
    callee = "import numpy\n\nfrom clonotrack.sequences import (\n    U8,\n)\n"
    (folder / "kernels" / "callee.py").write_text(callee)
    (folder / "kernels" / "other.py").write_text("")
    return folder


@pytest.mark.parametrize("edited", ["kernels/callee.py", "track/kernels/caller.py", "sequences.py"])
def test_an_edit_moves_the_kernels_that_it_may_change_and_no_others(package: Path, edited: str) -> None:
    caller, other = "clonotrack.track.kernels.caller", "clonotrack.kernels.other"
    before = {name: jit.digest_of(name, package) for name in (caller, other)}
    (package / edited).write_text((package / edited).read_text() + "x = 1\n")
    assert jit.digest_of(caller, package) != before[caller]
    assert jit.digest_of(other, package) == before[other]


def test_every_kernel_file_imports_others_in_the_way_that_is_looked_for() -> None:
    """By `from clonotrack.room.module import name`, not as a module of a package."""
    package = Path(jit.__file__).parents[1]
    sources = [*package.glob("**/kernels/*.py"), *package.glob("*/kernels.py")]
    assert len(sources) > 30
    for source in sources:
        named = re.findall(r"^\s*(?:from|import) (clonotrack[.\w]*)", source.read_text(), re.MULTILINE)
        for module in named:
            assert package.joinpath(*module.split(".")[1:]).with_suffix(".py").is_file(), (source, module)
