from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.arrays import scatter
from tests.kernels.twins import selection as naive


@given(st.lists(st.text("ACGT", max_size=4), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_rows_are_put_where_they_belong(rows, data):
    chosen = data.draw(st.permutations(range(len(rows))).map(lambda order: order[: len(order) // 2 + 1]))
    places = np.cumsum([1, *(len(rows[row]) + 1 for row in chosen)])
    values = np.frombuffer("".join(rows).encode(), dtype=np.uint8)
    into = np.full(places[-1], ord("."), dtype=np.uint8)
    scatter(values, np.cumsum([0, *map(len, rows)]), np.array(chosen, dtype=np.int64), places[:-1], into)
    assert into.tobytes().decode() == naive.scatter(rows, chosen, places[:-1].tolist(), int(places[-1]))
