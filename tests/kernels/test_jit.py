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
    folder = tmp_path / "clonotrack" / "kernels"
    folder.mkdir(parents=True)
    (folder.parent / "sequence.py").write_text("")
    (folder / "caller.py").write_text("from clonotrack.kernels.callee import f\n")
    (folder / "callee.py").write_text("import numpy\n\nfrom clonotrack.sequence import (\n    U8,\n)\n")
    (folder / "other.py").write_text("")
    return folder


@pytest.mark.parametrize("edited", ["callee.py", "caller.py", "../sequence.py"])
def test_an_edit_moves_the_kernels_that_it_may_change_and_no_others(package: Path, edited: str) -> None:
    before = {name: jit.digest_of(name, package) for name in ("caller", "other")}
    (package / edited).write_text((package / edited).read_text() + "x = 1\n")
    assert jit.digest_of("caller", package) != before["caller"]
    assert jit.digest_of("other", package) == before["other"]


def test_every_kernel_file_imports_others_in_the_way_that_is_looked_for() -> None:
    anyhow = re.compile(r"clonotrack\.kernels(?:\.| import )(\w+)")
    for source in Path(jit.__file__).parent.glob("*.py"):
        statements = [line for line in source.read_text().splitlines() if re.match(r"\s*(from|import) ", line)]
        named = {f"{name}.py" for line in statements for name in anyhow.findall(line)}
        assert named <= {found.name for found in jit.sources_of(source.stem)}, source
