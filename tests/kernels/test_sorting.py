from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.arrays import stable_order
from tests.kernels.twins.sorting import stable_order as naive


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(st.integers(0, 5), st.integers(0, 2**50)), max_size=40))
def test_order_is_that_of_the_naive_twin(keys: list[int]) -> None:
    assert stable_order(np.array(keys, dtype=np.int64)).tolist() == naive(keys)
