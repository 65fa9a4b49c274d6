"""Counts at a known number of cells against the naive twin, and against the compound Poisson law they add up to."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.stats.kernels import below_given_cells, compound_poisson
from tests.stats.twins import shared_cells as twin

LAW = st.lists(st.floats(0, 1), min_size=5, max_size=5).map(lambda row: [value / (sum(row) + 0.2) for value in row])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(LAW, LAW), min_size=1, max_size=3), st.integers(0, 6))
def test_it_agrees_with_the_naive_twin(rows: list[tuple[list[float], list[float]]], most: int) -> None:
    severity, blank = (np.array([pair[side] for pair in rows]) for side in (0, 1))
    weights = np.full(len(rows), 1 / len(rows))
    found = below_given_cells(severity, blank, weights, most)
    assert found == pytest.approx(np.array(twin.below_given_cells(severity, blank, weights, most)), rel=1e-9)


def test_a_poisson_number_of_cells_gives_the_compound_poisson_law() -> None:
    severity, cells = np.array([[0.4, 0.3, 0.2, 0.1]]), 2.3
    given = below_given_cells(severity, np.eye(1, 4), np.ones(1), 40)[:, 2]
    mixed = sum(exp(-cells) * cells**n / factorial(n) * below for n, below in enumerate(given))
    assert mixed == pytest.approx(compound_poisson(cells * severity[0], cells * 0.6)[:3].sum(), rel=1e-9)
