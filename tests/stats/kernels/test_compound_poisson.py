"""Panjer's recursion against its naive twin and against laws that are known."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.stats.kernels import compound_poisson, mixed_cumulative, mixed_intensity
from tests.stats.twins import compound_poisson as twin
from tests.stats.twins.compound_poisson import compound_poisson as naive

INTENSITY = st.lists(st.floats(0, 3, allow_subnormal=False), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(INTENSITY, st.floats(0, 5))
def test_it_agrees_with_the_naive_twin(intensity: list[float], beyond: float) -> None:
    rate = sum(intensity[1:]) + beyond
    found = compound_poisson(np.array(intensity), rate)
    assert found == pytest.approx(naive(intensity, rate), rel=1e-9, abs=1e-300)


def test_sizes_of_one_give_the_poisson_law() -> None:
    intensity = np.zeros(9)
    intensity[1] = 2.5
    assert compound_poisson(intensity, 2.5) == pytest.approx([exp(-2.5) * 2.5**r / factorial(r) for r in range(9)])


def test_logarithmic_sizes_give_the_negative_binomial_law() -> None:
    from scipy.stats import nbinom

    shape, chance = 1.7, 0.3
    sizes = np.arange(40)
    intensity = np.concatenate(([0.0], shape * (1 - chance) ** sizes[1:] / sizes[1:]))
    expected = nbinom.pmf(sizes, shape, chance)
    assert compound_poisson(intensity, -shape * np.log(chance)) == pytest.approx(expected, rel=1e-12)


def test_a_rate_beyond_the_smallest_number_gives_nought_and_no_warning() -> None:
    assert not compound_poisson(np.full(5, 300.0), 1200.0).any()


SEVERITY = st.lists(st.floats(0, 1), min_size=2, max_size=8).map(
    lambda parts: [value / (sum(parts) + 0.1) for value in parts]
)


@settings(deadline=None, max_examples=60)
@given(SEVERITY, st.floats(0, 3), st.sampled_from([0.3, 0.5, 2.0, 30.0, np.inf]))
def test_intensities_of_a_mixed_number_agree_with_the_naive_twin(
    severity: list[float], mean: float, shape: float
) -> None:
    found = mixed_intensity(np.array(severity), mean, shape)
    assert found == pytest.approx(twin.mixed_intensity(severity, mean, shape), rel=1e-6, abs=1e-9)


def test_a_gamma_mixed_number_of_ones_is_negative_binomial() -> None:
    from scipy.stats import nbinom

    intensity = mixed_intensity(np.eye(1, 30, 1)[0], 1.3, 0.7)
    assert compound_poisson(intensity, intensity[0]) == pytest.approx(nbinom.pmf(range(30), 0.7, 0.7 / 2.0), rel=1e-9)


ROW = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=6, max_size=6).map(lambda row: [sum(row) + 0.5, *row])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(ROW, ROW), min_size=1, max_size=3), st.floats(0, 2), st.integers(0, 4), st.floats(0, 1))
def test_the_cumulative_law_agrees_with_the_naive_twin(
    rows: list[tuple[list[float], list[float]]], level: float, last: int, beyond: float
) -> None:
    clone, blank = (np.array([pair[side] for pair in rows]) for side in (0, 1))
    weights = np.full(len(rows), 1 / len(rows))
    found = mixed_cumulative(clone, blank, weights, level, last, beyond)
    assert found == pytest.approx(twin.mixed_cumulative(clone, blank, weights, level, last, beyond), rel=1e-9)
