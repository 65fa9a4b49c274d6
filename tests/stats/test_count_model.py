"""The law of a row's counts: exact, on a lattice, and approximated."""

from __future__ import annotations

from math import expm1

import numpy as np
import pytest

from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.distribution import cumulants, cumulative, lattice, law_of
from clonotrack.stats.kernels import mixed_cumulative
from clonotrack.stats.reads_per_cell import Seeing
from clonotrack.stats.uncertainty import Spread, nodes

SURE = 1.2


def process(rho: float, *, cells: float = 5e5, background: float = 0.0, spread: Spread | None = None) -> Process:
    tube = Tube(cells, (Seeing(rho, 0.5, 0.6),), (Gamma(background),))
    return Process((tube,), spread or Spread())


def exact(row: Process, reads: int, level: float) -> float:
    law = law_of(row, reads + 2, 1, SURE)
    return float(mixed_cumulative(law.clone, law.blank, law.nodes.weights, level, reads, 0.0))


def test_no_read_has_the_chance_that_no_cell_gives_one() -> None:
    row = process(3.0)
    missed = 1 - 0.6 * (1 - float(np.exp(-3 * np.exp(np.random.default_rng(2).normal(-0.125, 0.5, 10**6))).mean()))
    assert cumulative(row, 0, 1e-5) == pytest.approx(np.exp(-5 * (1 - missed)), rel=2e-3)


def test_the_mean_is_the_level_times_counts_per_level() -> None:
    row = process(3.0, background=2e-6)
    tail = [1 - exact(row, reads, 1e-5) for reads in range(300)]
    assert sum(tail) == pytest.approx(1e-5 * row.per_level + 2e-6 * 5e5 * 1.8, rel=1e-6)
    clone, blank, _ = cumulants(row, SURE)
    assert 1e-5 * clone[0] + blank[0] == pytest.approx(sum(tail), rel=1e-6)


@pytest.mark.parametrize(("rho", "reads"), [(1.0, 70), (3.0, 200), (20.0, 420), (100.0, 1500), (400.0, 6000)])
@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.6])
def test_beyond_the_exact_range_the_law_stays_within_half_a_percent(rho: float, reads: int, ratio: float) -> None:
    row = process(rho)
    level = ratio * reads / row.per_level
    assert lattice(row, reads) != 1
    assert cumulative(row, reads, level) == pytest.approx(exact(row, reads, level), abs=0.005)


def test_the_lattice_is_used_only_where_a_molecule_spans_many_units() -> None:
    assert lattice(process(3.0), 60) == 1
    assert lattice(process(3.0), 300) == 0
    assert lattice(process(400.0), 3000) == 12
    assert lattice(process(400.0), 60_000) == 0


def test_several_tubes_add_their_cells() -> None:
    whole = process(3.0)
    halves = Process(whole.tubes * 2)
    assert cumulative(halves, 7, 1e-5) == pytest.approx(cumulative(whole, 7, 2e-5), rel=1e-12)


def test_the_aliquot_of_a_tube_does_not_change_a_marker_of_its_own() -> None:
    seeing = (Seeing(3.0, 0.5, 0.6),)
    rows = [Process((Tube(5e5, seeing, aliquot=share),)) for share in (1.0, 0.3)]
    assert cumulative(rows[0], 7, 2e-5) == pytest.approx(cumulative(rows[1], 7, 2e-5), rel=1e-12)


def test_what_is_not_known_of_the_reads_per_molecule_is_averaged_over() -> None:
    rng = np.random.default_rng(4)
    row = process(3.0, spread=Spread(0.0, ((0.5, 1.0),)))
    factors = np.exp(rng.normal(-0.125, 0.5, 4000))
    known = [cumulative(process(3.0 * factor), 5, 1e-5) for factor in factors]
    assert cumulative(row, 5, 1e-5) == pytest.approx(np.mean(known), abs=4 * np.std(known) / 4000**0.5)


@pytest.mark.parametrize("spread", [Spread(0.1), Spread(0.1, ((0.2, 0.5), (0.6, 0.5)), 9), Spread(0.0, ((0.6, 1.0),))])
def test_the_factor_has_mean_one_and_the_variance_of_its_parts(spread: Spread) -> None:
    row = process(3.0, spread=spread)
    at = nodes(row.components, 0.1)
    assert at.weights @ at.factors == pytest.approx(1)
    assert at.weights @ (at.factors - 1) ** 2 == pytest.approx(row.relative_variance, rel=0.02)


def test_the_mean_of_the_measured_coefficient_over_its_square_is_corrected() -> None:
    rng = np.random.default_rng(8)
    slopes = rng.lognormal(-(0.3**2) / 2, 0.3, 200_000)
    estimates = 1 / (slopes * (1 + expm1(0.3**2)))
    assert estimates.mean() == pytest.approx(1, abs=0.003)
    assert Spread(0.3).correction == pytest.approx(1 + expm1(0.3**2))


def test_by_umi_and_with_everything_known_counts_are_poisson() -> None:
    from scipy.stats import poisson

    row = Process((Tube(5e5, (Seeing(50.0, 0.5, 0.6, umi=True),)),))
    for counts in (0, 5, 40, 200):
        level = counts / row.per_level or 1e-5
        expected = poisson.cdf(counts, level * row.per_level)
        assert cumulative(row, counts, level) == pytest.approx(expected, abs=2e-4)


def test_an_uncertain_rate_gives_negative_binomial_counts() -> None:
    from scipy.stats import nbinom

    tube = Tube(5e5, (Seeing(50.0, 0.5, 1.0, umi=True),), (), (Gamma(4.0, 2.5),))
    assert cumulative(Process((tube,)), 7, 0.0) == pytest.approx(nbinom.cdf(7, 2.5, 2.5 / 6.5), rel=1e-9)
