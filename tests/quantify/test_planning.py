"""What a level needs."""

from math import log

import pytest

from clonotrack.cli.main import main
from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.quantify import plan


def test_deep_sequencing_and_full_capture_need_three_cells_over_the_level() -> None:
    ideal = plan(1e-5, 30, Quantify(dispersion=0), capture=1)
    assert -log(0.05) / 1e-5 <= ideal.cells <= -log(0.05) / 1e-5 / 0.95
    assert ideal.nanograms == pytest.approx(ideal.cells * 6.5e-3)


def test_capture_depth_and_markers_count() -> None:
    settings = Quantify()
    base = plan(1e-5, 3, settings, capture=0.6, lymphoid_fraction=0.1)
    assert plan(1e-6, 3, settings, capture=0.6).cells == pytest.approx(10 * base.cells)
    assert plan(1e-5, 3, settings, capture=0.3).cells == pytest.approx(2 * base.cells)
    assert plan(1e-5, 0.3, settings, capture=0.6).cells > 2 * base.cells
    assert plan(1e-5, 3, settings, capture=0.6, markers=2).cells < base.cells
    assert base.reads == pytest.approx(base.cells * 0.1 * 0.6 * 3)


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"level": 2.0}, {"capture": 1.2}, {"lymphoid_fraction": -1.0}])
def test_numbers_out_of_range(wrong: dict[str, float]) -> None:
    given = {"level": 1e-5, "capture": 0.6} | wrong
    with pytest.raises(QuantityError, match="give a number above 0"):
        plan(given.pop("level"), 3, Quantify(), **given)


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--level", "1e-5", "--capture", "1", "--lymphoid-fraction", "0.1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert main(["plan", "--level", "7"]) == 2
    assert "7.0 is not in the range 0<x<=1" in capsys.readouterr().err
