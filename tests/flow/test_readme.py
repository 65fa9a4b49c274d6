"""The examples of the README run unchanged and give the results that it shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from clonotrack.io.tables import read_table
from clonotrack.tables import MRD
from tests.conftest import ROOT
from tests.flow.conftest import ENVIRONMENT

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that contains only the test data."""
    (tmp_path / "test_data").symlink_to(ROOT / "test_data")
    return tmp_path


def _block(heading: str, language: str) -> str:
    """Return the first block of a language below a heading."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    block = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert block, f"no block of {language} under {heading}"
    return block[1]


def _run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_python_example_prints_markers_and_mrd(checkout: Path) -> None:
    markers, mrd = _run(sys.executable, "-c", _block("Python", "python"), folder=checkout).split("shape: ")[1:]
    assert markers.startswith("(2, 3)")
    assert mrd.startswith("(3, 6)")
    for printed in ("p1.IGH.291795d8", "p1.IGK.70673282"):
        assert printed in markers
        assert printed in mrd
    assert re.search(r"combined .* positive", mrd)


def test_the_commands_print_the_result_in_the_readme(checkout: Path) -> None:
    activation, commands = _block("One sample", "sh").split("\n", 1)
    assert activation.startswith(". .venv/bin/activate")
    printed = _run("bash", "-euc", commands, folder=checkout)
    assert " ".join(_block("One sample", "text").split()) in printed
    row = read_table(checkout / "demo_results" / "p1" / "p1-d33.mrd.tsv", MRD).filter(marker_id="combined")
    assert row["call"].item() == "positive"
    assert row["mrd_low"].item() < 1e-3 < row["mrd_high"].item()


def test_the_python_page_has_the_same_example() -> None:
    assert _block("Python", "python") in (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
