"""Distribution and moments of the counts of one clone cell."""

from __future__ import annotations

import numpy as np
import pytest

from clonotrack.sequences import F64
from clonotrack.stats.reads_per_cell import (
    MoleculeModel,
    captured_pmf,
    cell_moments,
    cell_pmf,
    molecule_pmf,
    share_with_reads,
)

SIZES = np.arange(4000.0)
EXACT_DEPTH = np.ones(1)


def depth(rho: float) -> F64:
    return np.array([rho])


@pytest.mark.parametrize("rho", [0.3, 3.0, 12.0])
@pytest.mark.parametrize("dispersion", [0.0, 0.5, 0.8])
def test_a_captured_molecule_has_the_moments_of_the_model(rho: float, dispersion: float) -> None:
    pmf = captured_pmf(depth(rho), dispersion, len(SIZES))[0]
    second = rho + rho**2 * np.exp(dispersion**2)
    assert pmf.sum() == pytest.approx(1, rel=1e-9)
    assert pmf @ SIZES == pytest.approx(rho, rel=1e-7)
    assert pmf @ SIZES**2 == pytest.approx(second, rel=1e-6)


def test_a_captured_molecule_has_the_distribution_of_simulated_reads() -> None:
    rng = np.random.default_rng(11)
    drawn = rng.poisson(3 * np.exp(rng.normal(-0.125, 0.5, 1_000_000)))
    found = np.bincount(drawn, minlength=12)[:12] / len(drawn)
    expected = captured_pmf(depth(3.0), 0.5, 12)[0]
    assert np.abs(found - expected).max() < 5 * np.sqrt(0.25 / len(drawn))


@pytest.mark.parametrize("copies", [1.0, 2.0, 2.4, 0.5])
def test_the_moments_of_a_cell_agree_with_its_distribution(copies: float) -> None:
    markers = (MoleculeModel(3.0, 0.5, 0.6, copies), MoleculeModel(5.0, 0.3, 0.4))
    pmf = cell_pmf(markers, EXACT_DEPTH, 600)[0]
    expected = [pmf @ SIZES[:600] ** power for power in (1, 2, 3)]
    assert cell_moments(markers, EXACT_DEPTH)[:, 0] == pytest.approx(expected, rel=1e-7)
    assert cell_moments(markers, EXACT_DEPTH)[0, 0] == pytest.approx(sum(marker.counts_per_cell for marker in markers))


def test_a_cell_without_counts_has_no_count_of_each_marker() -> None:
    first, second = MoleculeModel(3.0, 0.5, 0.6), MoleculeModel(20.0, 0.5, 0.9)
    both = cell_pmf((first, second), EXACT_DEPTH, 1)[0, 0]
    assert both == pytest.approx(molecule_pmf(first, EXACT_DEPTH, 1)[0, 0] * molecule_pmf(second, EXACT_DEPTH, 1)[0, 0])


def test_the_lattice_keeps_mass_mean_and_spread() -> None:
    fine, coarse = captured_pmf(depth(300.0), 0.5, 4000)[0], captured_pmf(depth(300.0), 0.5, 400, width=10)[0]
    units = np.arange(400) * 10
    assert coarse.sum() == pytest.approx(1, abs=1e-6)
    assert coarse @ units == pytest.approx(fine @ SIZES, rel=2e-3)
    assert np.sqrt(coarse @ units**2) == pytest.approx(np.sqrt(fine @ SIZES**2), rel=2e-3)


def test_a_shallow_molecule_is_put_on_the_lattice_from_its_exact_distribution() -> None:
    fine, coarse = captured_pmf(depth(6.0), 0.5, 300)[0], captured_pmf(depth(6.0), 0.5, 100, width=3)[0]
    assert coarse[1] == pytest.approx(fine[2:5].sum())


def test_by_umi_a_molecule_counts_one_if_it_has_any_read() -> None:
    rng = np.random.default_rng(3)
    reads = rng.poisson(0.7 * np.exp(rng.normal(-0.125, 0.5, 400_000)))
    assert share_with_reads(0.7, 0.5) == pytest.approx((reads > 0).mean(), abs=0.003)
    pmf = molecule_pmf(MoleculeModel(0.7, 0.5, 0.6, umi=True), np.array([0.5, 2.0]), 4)
    assert pmf[:, 1] == pytest.approx(0.6 * share_with_reads(0.7, 0.5))
    assert not pmf[:, 2:].any()
