"""The joint chance of dependent numbers against its naive twin and against what is known."""

from __future__ import annotations

from math import asin, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.stats.kernels import joint_below
from tests.stats.twins import copula as twin


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(-4, 4), min_size=1, max_size=4), st.floats(0, 0.9))
def test_it_agrees_with_the_naive_twin(scores: list[float], common: float) -> None:
    found = joint_below(np.array([scores]), common)
    assert found == pytest.approx(np.array(twin.joint_below([scores], common)), abs=2e-6)


@pytest.mark.parametrize("common", [0.0, 0.3, 0.6, 0.9])
def test_two_numbers_are_both_under_their_median_as_sheppard_says(common: float) -> None:
    assert joint_below(np.zeros((1, 2)), common)[0] == pytest.approx(0.25 + asin(common) / (2 * pi), abs=1e-4)
