"""Cells, DNA and reads that a level takes."""

from __future__ import annotations

from typing import Any

import pytest

from clonotrack.cli.main import main
from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.stats.planning import Plan, plan

PERFECT = Quantify(dispersion=0.0, efficiency_sd=0.0)


def planned(**changed: Any) -> Plan:
    return plan(**{"capture": 1.0, "umi": True, "reads_per_molecule": 50.0, "settings": PERFECT} | changed)


def test_if_every_cell_is_seen_a_level_takes_2_996_clone_cells() -> None:
    found = planned(level=1e-5)
    assert found.cells == pytest.approx(299_573, rel=1e-4)
    assert found.nanograms == pytest.approx(found.cells * 6.5e-3)
    assert found.reads is None


def test_two_of_level_cells_and_depth_give_the_third() -> None:
    cells = plan(level=1e-5).cells
    assert plan(cells=cells).level == pytest.approx(1e-5, rel=1e-4)
    assert plan(cells=2 * cells, level=1e-5).reads_per_molecule < 3.0
    assert plan(cells=cells, level=1e-5).reads_per_molecule == pytest.approx(3.0, rel=1e-3)


def test_few_reads_per_molecule_and_low_capture_take_more_cells_and_a_second_marker_fewer() -> None:
    base = plan(level=1e-5)
    assert plan(level=1e-5, reads_per_molecule=0.3).cells > 2 * base.cells
    assert plan(level=1e-5, capture=0.2).cells == pytest.approx(3 * base.cells, rel=0.01)
    assert plan(level=1e-5, markers=2).cells < base.cells


def test_background_takes_more_cells_and_may_leave_a_level_out_of_reach() -> None:
    assert plan(level=1e-5, background=1e-6).cells > plan(level=1e-5).cells
    with pytest.raises(
        QuantityError, match=r"no number of cells detects an MRD level of 1\.0e-06 against a background of 1\.0e-05"
    ):
        plan(level=1e-6, background=1e-5)


def test_reads_are_those_of_the_cells_that_carry_the_locus() -> None:
    found = planned(level=1e-5, fraction=0.1)
    assert found.reads == pytest.approx(found.cells * 0.1 * 50.0)


def test_too_few_cells_for_a_level_are_an_error() -> None:
    with pytest.raises(
        QuantityError, match=r"1,000 cells do not detect an MRD level of 1\.0e-05 at any depth: plan more cells"
    ):
        plan(level=1e-5, cells=1000)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"level": 0.0}, "level = 0 is out of range: give a number above 0 and up to 1"),
        ({"level": 2.0}, "level = 2 is out of range"),
        ({"capture": 1.2}, r"capture = 1\.2 is out of range"),
        ({"fraction": -1.0}, "fraction = -1 is out of range"),
        ({"reads_per_molecule": 0.0}, "reads per molecule = 0 is out of range: give a number above 0$"),
        ({"level": None}, "neither an MRD level nor a number of cells"),
    ],
)
def test_numbers_out_of_range(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        plan(**{"level": 1e-5} | wrong)


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--level", "1e-5", "--capture", "1", "--lymphoid-fraction", "0.1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert main(["plan", "--level", "1e-5", "--cells", "2e6"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["plan", "--level", "1e-5", "--cells", "1000"]) == 1
    assert "plan more cells" in capsys.readouterr().err
    assert main(["plan", "--level", "7"]) == 2
    assert "7.0 is not in the range 0<x<=1" in capsys.readouterr().err
