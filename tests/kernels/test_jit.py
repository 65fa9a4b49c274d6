"""Where compiled kernels are kept."""

import os
from pathlib import Path

import pytest

from clonotrack.kernels import jit


def test_the_chosen_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "cache"))
    folder = jit.cache_folder()
    assert folder.parent == tmp_path / "cache"
    assert folder.is_dir()


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "file"))
    assert os.access(jit.cache_folder(), os.W_OK)
    monkeypatch.delenv("CLONOTRACK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert os.access(jit.cache_folder(), os.W_OK)


def test_an_edited_kernel_gets_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "clonotrack" / "kernels"
    package.mkdir(parents=True)
    (package.parent / "sequence.py").write_text("")
    (package / "jit.py").write_text("")
    monkeypatch.setattr(jit, "__file__", str(package / "jit.py"))
    before = jit._digest()
    (package / "other.py").write_text("x = 1\n")
    assert jit._digest() != before
