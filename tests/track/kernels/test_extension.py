from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.sequences import encode
from clonotrack.track.kernels.distance import extend
from tests.track.twins import extension as naive

letters = st.text("AC", max_size=12)


@settings(deadline=None, max_examples=400)
@given(letters, st.text("ACN", max_size=12), st.integers(0, 4), st.booleans())
def test_edits_to_either_end_are_those_of_the_whole_table(target: str, read: str, limit: int, forward: bool) -> None:
    rows, cut = np.zeros((2, 2 * limit + 3), np.int64), np.zeros(limit + 1, np.int64)
    step, sides = (1, (read, target)) if forward else (-1, (read[::-1], target[::-1]))
    codes = [encode("G" + side + "G") for side in sides]
    at = [1, 1] if forward else [len(read), len(target)]
    found = extend(codes[0], at[0], len(read), codes[1], at[1], len(target), step, limit, rows, cut)
    complete, used = naive.extend(read, target, limit)
    assert found == complete
    assert cut[:found].tolist() == used[:found]
