"""Errors of `run` and `demo` before Snakemake starts."""

from pathlib import Path

import pytest

from clonotrack.cli import run as command
from clonotrack.cli.main import main


@pytest.mark.parametrize("call", [["demo"], ["run", "samples.tsv"]])
def test_without_snakemake_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: list[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert main([*call, "-o", str(tmp_path / "out")]) == 1
    message = 'Snakemake is not installed: run `pip install "clonotrack[workflow]"`'
    assert capsys.readouterr().err == f"clonotrack: error: {message}\n"
    assert not list(tmp_path.iterdir())


def test_a_missing_sheet_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "none.tsv"), "-o", str(tmp_path / "out")]) == 1
    assert "none.tsv: no such file: check the path" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
