from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.track.kernels.choose_seeds import choose_seeds
from tests.track.twins import choose_seeds as naive

targets = st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=3, max_size=12), st.integers(0, 3)), max_size=4)


@settings(deadline=None, max_examples=300)
@given(targets)
def test_the_seeds_are_the_cheapest_that_do_not_overlap(targets: list[tuple[list[int], int]]) -> None:
    costs = [cost for cost, _ in targets]
    edits = [min(wanted, len(cost) // 3 - 1) for cost, wanted in targets]
    offsets = np.cumsum([0, *map(len, costs)])
    cost = np.array([one for cost in costs for one in cost], dtype=np.float64)
    found = choose_seeds(cost, offsets, np.array(edits, dtype=np.int64), 3)
    assert found.tolist() == [start for c, e in zip(costs, edits, strict=True) for start in naive.choose_seeds(c, e, 3)]
