"""Reads of one clone cell."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.sequences import F64
from clonotrack.stats.reads_per_cell import Seeing, captured, moments, of_cell, of_molecule, seen_share

SIZES = np.arange(4000.0)
KNOWN = np.ones(1)


def depth(rho: float) -> F64:
    return np.array([rho])


@pytest.mark.parametrize("rho", [0.3, 3.0, 12.0])
@pytest.mark.parametrize("dispersion", [0.0, 0.5, 0.8])
def test_a_captured_molecule_has_the_moments_of_the_model(rho: float, dispersion: float) -> None:
    law = captured(depth(rho), dispersion, len(SIZES))[0]
    second = rho + rho**2 * np.exp(dispersion**2)
    assert law.sum() == pytest.approx(1, rel=1e-9)
    assert law @ SIZES == pytest.approx(rho, rel=1e-7)
    assert law @ SIZES**2 == pytest.approx(second, rel=1e-6)


def test_a_captured_molecule_has_the_law_that_is_drawn() -> None:
    rng = np.random.default_rng(11)
    drawn = rng.poisson(3 * np.exp(rng.normal(-0.125, 0.5, 1_000_000)))
    found = np.bincount(drawn, minlength=12)[:12] / len(drawn)
    expected = captured(depth(3.0), 0.5, 12)[0]
    assert np.abs(found - expected).max() < 5 * np.sqrt(0.25 / len(drawn))


@pytest.mark.parametrize("copies", [1.0, 2.0, 2.4, 0.5])
def test_the_moments_of_a_cell_are_those_of_its_law(copies: float) -> None:
    seeings = (Seeing(3.0, 0.5, 0.6, copies), Seeing(5.0, 0.3, 0.4))
    law = of_cell(seeings, KNOWN, 600)[0]
    expected = [law @ SIZES[:600] ** power for power in (1, 2, 3)]
    assert moments(seeings, KNOWN)[:, 0] == pytest.approx(expected, rel=1e-7)
    assert moments(seeings, KNOWN)[0, 0] == pytest.approx(sum(seeing.counts_per_cell for seeing in seeings))


def test_markers_of_a_cell_are_missed_together_only_where_each_is_missed() -> None:
    first, second = Seeing(3.0, 0.5, 0.6), Seeing(20.0, 0.5, 0.9)
    both = of_cell((first, second), KNOWN, 1)[0, 0]
    assert both == pytest.approx(of_molecule(first, KNOWN, 1)[0, 0] * of_molecule(second, KNOWN, 1)[0, 0])


def test_the_lattice_keeps_mass_mean_and_spread() -> None:
    fine, coarse = captured(depth(300.0), 0.5, 4000)[0], captured(depth(300.0), 0.5, 400, width=10)[0]
    units = np.arange(400) * 10
    assert coarse.sum() == pytest.approx(1, abs=1e-6)
    assert coarse @ units == pytest.approx(fine @ SIZES, rel=2e-3)
    assert np.sqrt(coarse @ units**2) == pytest.approx(np.sqrt(fine @ SIZES**2), rel=2e-3)


def test_a_shallow_molecule_is_put_on_the_lattice_from_its_exact_law() -> None:
    fine, coarse = captured(depth(6.0), 0.5, 300)[0], captured(depth(6.0), 0.5, 100, width=3)[0]
    assert coarse[1] == pytest.approx(fine[2:5].sum())


def test_by_umi_a_molecule_counts_one_if_it_has_any_read() -> None:
    rng = np.random.default_rng(3)
    reads = rng.poisson(0.7 * np.exp(rng.normal(-0.125, 0.5, 400_000)))
    assert seen_share(0.7, 0.5) == pytest.approx((reads > 0).mean(), abs=0.003)
    law = of_molecule(Seeing(0.7, 0.5, 0.6, umi=True), np.array([0.5, 2.0]), 4)
    assert law[:, 1] == pytest.approx(0.6 * seen_share(0.7, 0.5))
    assert not law[:, 2:].any()
