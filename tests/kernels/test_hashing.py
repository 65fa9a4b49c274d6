from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.hashing import EMPTY, add_hashes
from tests.kernels.twins import hashing as naive

HASHES = st.lists(st.sampled_from([1, 2, 3, 33, 34, 2**64 - 1, 2**63]) | st.integers(1, 2**64 - 1), max_size=8)


@settings(deadline=None)
@given(st.lists(HASHES, max_size=4))
def test_the_set_contains_what_the_naive_twin_contains(batches: list[list[int]]) -> None:
    slots = np.full(32, EMPTY, dtype=np.uint64)
    before: set[int] = set()
    for hashes in batches:
        assert add_hashes(np.array(hashes, dtype=np.uint64), slots).tolist() == naive.add_hashes(hashes, before)
