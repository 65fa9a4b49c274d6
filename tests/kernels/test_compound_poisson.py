"""Panjer's recursion against its naive twin and against laws that are known."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.compound_poisson import compound_poisson
from tests.reference.compound_poisson import compound_poisson as naive

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
