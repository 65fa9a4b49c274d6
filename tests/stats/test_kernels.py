"""Kernels of the count model against their naive twins and against known distributions."""

from __future__ import annotations

from math import asin, exp, factorial, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.stats.kernels import (
    cdf_given_cells,
    compound_poisson_cdf,
    compound_poisson_pmf,
    gaussian_copula_cdf,
    negative_binomial_intensity,
    normal_mixture_quantiles,
    poisson_lognormal_pmf,
)
from tests.stats.twins import kernels as twin

INTENSITY = st.lists(st.floats(0, 3, allow_subnormal=False), min_size=1, max_size=12)
SEVERITY = st.lists(st.floats(0, 1), min_size=2, max_size=8).map(
    lambda parts: [value / (sum(parts) + 0.1) for value in parts]
)
SEVERITY_OF_FIVE = st.lists(st.floats(0, 1), min_size=5, max_size=5).map(
    lambda parts: [value / (sum(parts) + 0.2) for value in parts]
)
# Intensities with their total first; the total includes terms beyond the end.
ROW = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=6, max_size=6).map(lambda row: [sum(row) + 0.5, *row])
MIXTURE_PART = st.tuples(st.floats(-1, 1), st.floats(0.05, 1), st.floats(0.1, 1))


@settings(deadline=None, max_examples=15)
@given(st.floats(0.01, 60), st.sampled_from([0.0, 0.3, 0.8]), st.integers(1, 40))
def test_poisson_lognormal_agrees_with_the_naive_twin(rho: float, dispersion: float, size: int) -> None:
    pmf = poisson_lognormal_pmf(np.array([rho, 2 * rho]), dispersion, size)
    expected = twin.poisson_lognormal_pmf([rho, 2 * rho], dispersion, size)
    assert pmf == pytest.approx(np.array(expected), rel=1e-6, abs=1e-12)


def test_poisson_lognormal_does_not_underflow_at_a_thousand_reads_per_molecule() -> None:
    pmf = poisson_lognormal_pmf(np.array([1000.0]), 0.5, 8000)[0]
    assert pmf.sum() == pytest.approx(1, abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(INTENSITY, st.floats(0, 5))
def test_compound_poisson_agrees_with_the_naive_twin(intensity: list[float], beyond: float) -> None:
    rate = sum(intensity[1:]) + beyond
    pmf = compound_poisson_pmf(np.array(intensity), rate)
    assert pmf == pytest.approx(twin.compound_poisson_pmf(intensity, rate), rel=1e-9, abs=1e-300)


def test_terms_of_one_give_a_poisson_distribution() -> None:
    intensity = np.zeros(9)
    intensity[1] = 2.5
    expected = [exp(-2.5) * 2.5**r / factorial(r) for r in range(9)]
    assert compound_poisson_pmf(intensity, 2.5) == pytest.approx(expected)


def test_logarithmic_terms_give_a_negative_binomial_distribution() -> None:
    from scipy.stats import nbinom

    shape, probability = 1.7, 0.3
    sizes = np.arange(40)
    intensity = np.concatenate(([0.0], shape * (1 - probability) ** sizes[1:] / sizes[1:]))
    expected = nbinom.pmf(sizes, shape, probability)
    assert compound_poisson_pmf(intensity, -shape * np.log(probability)) == pytest.approx(expected, rel=1e-12)


def test_compound_poisson_underflows_to_zero_without_a_warning() -> None:
    assert not compound_poisson_pmf(np.full(5, 300.0), 1200.0).any()


@settings(deadline=None, max_examples=60)
@given(SEVERITY, st.floats(0, 3), st.sampled_from([0.3, 0.5, 2.0, 30.0, np.inf]))
def test_negative_binomial_intensity_agrees_with_the_naive_twin(
    severity: list[float], mean: float, shape: float
) -> None:
    intensity = negative_binomial_intensity(np.array(severity), mean, shape)
    assert intensity == pytest.approx(twin.negative_binomial_intensity(severity, mean, shape), rel=1e-6, abs=1e-9)


def test_a_gamma_mixed_number_of_ones_is_negative_binomial() -> None:
    from scipy.stats import nbinom

    intensity = negative_binomial_intensity(np.eye(1, 30, 1)[0], 1.3, 0.7)
    expected = nbinom.pmf(range(30), 0.7, 0.7 / 2.0)
    assert compound_poisson_pmf(intensity, intensity[0]) == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(ROW, ROW), min_size=1, max_size=3), st.floats(0, 2), st.integers(0, 4), st.floats(0, 1))
def test_compound_poisson_cdf_agrees_with_the_naive_twin(
    rows: list[tuple[list[float], list[float]]], level: float, last: int, fraction: float
) -> None:
    clone, blank = (np.array([pair[side] for pair in rows]) for side in (0, 1))
    weights = np.full(len(rows), 1 / len(rows))
    probability = compound_poisson_cdf(clone, blank, weights, level, last, fraction)
    expected = twin.compound_poisson_cdf(clone, blank, weights, level, last, fraction)
    assert probability == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(SEVERITY_OF_FIVE, SEVERITY_OF_FIVE), min_size=1, max_size=3), st.integers(0, 6))
def test_cdf_given_cells_agrees_with_the_naive_twin(
    rows: list[tuple[list[float], list[float]]], max_cells: int
) -> None:
    severity, blank = (np.array([pair[side] for pair in rows]) for side in (0, 1))
    weights = np.full(len(rows), 1 / len(rows))
    below = cdf_given_cells(severity, blank, weights, max_cells)
    assert below == pytest.approx(np.array(twin.cdf_given_cells(severity, blank, weights, max_cells)), rel=1e-9)


def test_a_poisson_number_of_cells_gives_a_compound_poisson_distribution() -> None:
    severity, cells = np.array([[0.4, 0.3, 0.2, 0.1]]), 2.3
    given_cells = cdf_given_cells(severity, np.eye(1, 4), np.ones(1), 40)[:, 2]
    mixed = sum(exp(-cells) * cells**n / factorial(n) * below for n, below in enumerate(given_cells))
    assert mixed == pytest.approx(compound_poisson_pmf(cells * severity[0], cells * 0.6)[:3].sum(), rel=1e-9)


@settings(deadline=None, max_examples=10)
@given(st.lists(MIXTURE_PART, min_size=1, max_size=4), st.floats(0.001, 0.999))
def test_mixture_quantiles_agree_with_the_naive_twin(
    parts: list[tuple[float, float, float]], probability: float
) -> None:
    means, deviations, weights = (np.array(column) for column in zip(*parts, strict=True))
    weights = weights / weights.sum()
    quantiles = normal_mixture_quantiles(means, deviations, weights, np.array([probability]))
    expected = twin.normal_mixture_quantiles(means, deviations, weights, [probability])
    assert quantiles == pytest.approx(np.array(expected), abs=0.01)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(-4, 4), min_size=1, max_size=4), st.floats(0, 0.9))
def test_gaussian_copula_agrees_with_the_naive_twin(scores: list[float], common: float) -> None:
    joint = gaussian_copula_cdf(np.array([scores]), common)
    assert joint == pytest.approx(np.array(twin.gaussian_copula_cdf([scores], common)), abs=2e-6)


@pytest.mark.parametrize("common", [0.0, 0.3, 0.6, 0.9])
def test_two_numbers_are_both_below_their_median_as_sheppards_formula_says(common: float) -> None:
    expected = 0.25 + asin(common) / (2 * pi)
    assert gaussian_copula_cdf(np.zeros((1, 2)), common)[0] == pytest.approx(expected, abs=1e-4)
