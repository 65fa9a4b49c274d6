"""The law of a row's counts: exact, on a lattice_width, and approximated."""

from __future__ import annotations

from math import expm1

import numpy as np
import pytest

from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.distribution import cdf, cumulants, lattice_width, row_intensities
from clonotrack.stats.kernels import compound_poisson_cdf
from clonotrack.stats.reads_per_cell import MoleculeModel
from clonotrack.stats.uncertainty import Uncertainty, make_quadrature

STEP = 1.2


def model(
    reads_per_molecule: float, *, cells: float = 5e5, background: float = 0.0, uncertainty: Uncertainty | None = None
) -> CountModel:
    tube = TubeModel(cells, (MoleculeModel(reads_per_molecule, 0.5, 0.6),), (GammaRate(background),))
    return CountModel((tube,), uncertainty or Uncertainty())


def exact(row: CountModel, reads: int, level: float) -> float:
    intensities = row_intensities(row, reads + 2, 1, STEP)
    return float(
        compound_poisson_cdf(intensities.clone, intensities.blank, intensities.quadrature.weights, level, reads, 0.0)
    )


def test_no_count_is_as_probable_as_no_cell_with_a_read() -> None:
    row = model(3.0)
    missed = 1 - 0.6 * (1 - float(np.exp(-3 * np.exp(np.random.default_rng(2).normal(-0.125, 0.5, 10**6))).mean()))
    assert cdf(row, 0, 1e-5) == pytest.approx(np.exp(-5 * (1 - missed)), rel=2e-3)


def test_the_mean_is_the_level_times_counts_per_level() -> None:
    row = model(3.0, background=2e-6)
    tail = [1 - exact(row, reads, 1e-5) for reads in range(300)]
    assert sum(tail) == pytest.approx(1e-5 * row.counts_per_level + 2e-6 * 5e5 * 1.8, rel=1e-6)
    clone, blank, _ = cumulants(row, STEP)
    assert 1e-5 * clone[0] + blank[0] == pytest.approx(sum(tail), rel=1e-6)


@pytest.mark.parametrize(("rho", "reads"), [(1.0, 70), (3.0, 200), (20.0, 420), (100.0, 1500), (400.0, 6000)])
@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.6])
def test_beyond_the_exact_range_the_distribution_stays_within_half_a_percent(
    rho: float, reads: int, ratio: float
) -> None:
    row = model(rho)
    level = ratio * reads / row.counts_per_level
    assert lattice_width(row, reads) != 1
    assert cdf(row, reads, level) == pytest.approx(exact(row, reads, level), abs=0.005)


def test_the_lattice_is_used_only_if_a_molecule_spans_many_units() -> None:
    assert lattice_width(model(3.0), 60) == 1
    assert lattice_width(model(3.0), 300) == 0
    assert lattice_width(model(400.0), 3000) == 12
    assert lattice_width(model(400.0), 60_000) == 0


def test_several_tubes_add_their_cells() -> None:
    whole = model(3.0)
    halves = CountModel(whole.tubes * 2)
    assert cdf(halves, 7, 1e-5) == pytest.approx(cdf(whole, 7, 2e-5), rel=1e-12)


def test_the_aliquot_of_a_tube_does_not_change_a_marker_of_its_own() -> None:
    markers = (MoleculeModel(3.0, 0.5, 0.6),)
    rows = [CountModel((TubeModel(5e5, markers, aliquot=share),)) for share in (1.0, 0.3)]
    assert cdf(rows[0], 7, 2e-5) == pytest.approx(cdf(rows[1], 7, 2e-5), rel=1e-12)


def test_the_distribution_is_averaged_over_the_unknown_reads_per_molecule() -> None:
    rng = np.random.default_rng(4)
    row = model(3.0, uncertainty=Uncertainty(0.0, ((0.5, 1.0),)))
    factors = np.exp(rng.normal(-0.125, 0.5, 4000))
    known = [cdf(model(3.0 * factor), 5, 1e-5) for factor in factors]
    assert cdf(row, 5, 1e-5) == pytest.approx(np.mean(known), abs=4 * np.std(known) / 4000**0.5)


@pytest.mark.parametrize(
    "uncertainty", [Uncertainty(0.1), Uncertainty(0.1, ((0.2, 0.5), (0.6, 0.5)), 9), Uncertainty(0.0, ((0.6, 1.0),))]
)
def test_the_factor_has_mean_one_and_the_variance_of_its_parts(uncertainty: Uncertainty) -> None:
    row = model(3.0, uncertainty=uncertainty)
    nodes = make_quadrature(row.components, 0.1)
    assert nodes.weights @ nodes.factors == pytest.approx(1)
    assert nodes.weights @ (nodes.factors - 1) ** 2 == pytest.approx(row.relative_variance, rel=0.02)


def test_the_bias_of_one_over_a_measured_coefficient_is_corrected() -> None:
    rng = np.random.default_rng(8)
    slopes = rng.lognormal(-(0.3**2) / 2, 0.3, 200_000)
    estimates = 1 / (slopes * (1 + expm1(0.3**2)))
    assert estimates.mean() == pytest.approx(1, abs=0.003)
    assert Uncertainty(0.3).bias_correction == pytest.approx(1 + expm1(0.3**2))


def test_by_umi_and_with_everything_known_counts_are_poisson() -> None:
    from scipy.stats import poisson

    row = CountModel((TubeModel(5e5, (MoleculeModel(50.0, 0.5, 0.6, umi=True),)),))
    for counts in (0, 5, 40, 200):
        level = counts / row.counts_per_level or 1e-5
        expected = poisson.cdf(counts, level * row.counts_per_level)
        assert cdf(row, counts, level) == pytest.approx(expected, abs=2e-4)


def test_an_uncertain_rate_gives_negative_binomial_counts() -> None:
    from scipy.stats import nbinom

    tube = TubeModel(5e5, (MoleculeModel(50.0, 0.5, 1.0, umi=True),), (), (GammaRate(4.0, 2.5),))
    assert cdf(CountModel((tube,)), 7, 0.0) == pytest.approx(nbinom.cdf(7, 2.5, 2.5 / 6.5), rel=1e-9)
