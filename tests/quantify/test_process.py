"""The law of a row's reads: exact, on a lattice, and approximated."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.quantify.process import (
    EXACT,
    Process,
    Tube,
    cumulative,
    expected,
    lattice,
    probabilities,
)
from clonotrack.quantify.severity import Seeing


def process(rho: float, *, cells: float = 5e5, background: float = 0.0, log_sd: float = 0.0) -> Process:
    return Process((Tube(cells, (Seeing(rho, 0.5, 0.6),), (background,)),), log_sd)


def test_no_read_has_the_chance_that_no_cell_gives_one() -> None:
    row = process(3.0)
    missed = 1 - 0.6 * (1 - float(np.exp(-3 * np.exp(np.random.default_rng(2).normal(-0.125, 0.5, 10**6))).mean()))
    assert cumulative(row, 0, 1e-5) == pytest.approx(np.exp(-5 * (1 - missed)), rel=2e-3)


def test_the_mean_is_the_level_times_reads_per_level() -> None:
    row = process(3.0, background=2e-6)
    law = probabilities(row, 1e-5, 400)
    assert law @ np.arange(400) == pytest.approx(1e-5 * row.reads_per_level + 2e-6 * 5e5 * 1.8, rel=1e-9)


@pytest.mark.parametrize(("rho", "reads"), [(3.0, 600), (20.0, 600), (100.0, 1500), (400.0, 6000)])
@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.6])
def test_beyond_the_exact_range_the_law_stays_within_half_a_percent(rho: float, reads: int, ratio: float) -> None:
    row = process(rho)
    level = ratio * reads / row.reads_per_level
    exact = float(probabilities(row, level, reads + 1).sum())
    assert reads > EXACT
    assert cumulative(row, reads, level) == pytest.approx(exact, abs=0.005)


def test_the_lattice_is_used_only_where_a_molecule_spans_many_units() -> None:
    assert lattice(process(3.0), 200) == 1
    assert lattice(process(3.0), 300) == 0
    assert lattice(process(400.0), 6000) == 24
    assert lattice(process(400.0), 60_000) == 0


def test_several_tubes_add_their_cells() -> None:
    whole = process(3.0)
    halves = Process(whole.tubes * 2)
    assert cumulative(halves, 7, 1e-5) == pytest.approx(cumulative(whole, 7, 2e-5), rel=1e-12)


def test_a_tube_sequenced_deeper_counts_by_its_own_reads_per_molecule() -> None:
    shallow, deep = Tube(2e5, (Seeing(1.0, 0.5, 0.6),), (0.0,)), Tube(1e5, (Seeing(9.0, 0.5, 0.6),), (0.0,))
    both = Process((shallow, deep))
    law = np.convolve(probabilities(Process((shallow,)), 1e-5, 60), probabilities(Process((deep,)), 1e-5, 60))[:60]
    assert probabilities(both, 1e-5, 60) == pytest.approx(law, rel=1e-9)


def test_calibration_is_averaged_over() -> None:
    row = process(3.0, log_sd=0.2)
    draws = [cumulative(row.deeper(factor), 3, 1e-5) for factor in np.exp(np.linspace(-4, 4, 81) * 0.2)]
    weights = np.exp(-(np.linspace(-4, 4, 81) ** 2) / 2)
    assert expected(row, lambda law: cumulative(law, 3, 1e-5)) == pytest.approx(
        np.average(draws, weights=weights), abs=1e-5
    )
