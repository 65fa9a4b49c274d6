"""Reads of a molecule, and quantiles of a mixture, against their naive twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.stats.kernels import mixture_quantiles, poisson_log_normal
from tests.stats.twins import molecule as twin


@settings(deadline=None, max_examples=15)
@given(st.floats(0.01, 60), st.sampled_from([0.0, 0.3, 0.8]), st.integers(1, 40))
def test_the_law_of_reads_agrees_with_the_naive_twin(rho: float, dispersion: float, size: int) -> None:
    found = poisson_log_normal(np.array([rho, 2 * rho]), dispersion, size)
    expected = twin.poisson_log_normal([rho, 2 * rho], dispersion, size)
    assert found == pytest.approx(np.array(expected), rel=1e-6, abs=1e-12)


def test_at_a_thousand_reads_a_molecule_nothing_underflows() -> None:
    law = poisson_log_normal(np.array([1000.0]), 0.5, 8000)[0]
    assert law.sum() == pytest.approx(1, abs=1e-4)


PART = st.tuples(st.floats(-1, 1), st.floats(0.05, 1), st.floats(0.1, 1))


@settings(deadline=None, max_examples=10)
@given(st.lists(PART, min_size=1, max_size=4), st.floats(0.001, 0.999))
def test_quantiles_agree_with_the_naive_twin(parts: list[tuple[float, float, float]], chance: float) -> None:
    means, deviations, weights = (np.array(column) for column in zip(*parts, strict=True))
    weights = weights / weights.sum()
    found = mixture_quantiles(means, deviations, weights, np.array([chance]))
    expected = twin.mixture_quantiles(means, deviations, weights, [chance])
    assert found == pytest.approx(np.array(expected), abs=0.01)
