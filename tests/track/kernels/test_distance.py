"""Edit distances agree with the whole table."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.sequences import encode
from clonotrack.track.kernels.distance import extend, prefix_distances
from tests.track.twins import distance as naive


@settings(deadline=None, max_examples=400)
@given(st.text("AC", max_size=12), st.text("ACN", max_size=12), st.integers(0, 4), st.booleans())
def test_edits_to_either_end_are_those_of_the_whole_table(target: str, read: str, limit: int, forward: bool) -> None:
    rows, used = np.zeros((2, 2 * limit + 3), np.int64), np.zeros(limit + 1, np.int64)
    step, sides = (1, (read, target)) if forward else (-1, (read[::-1], target[::-1]))
    codes = [encode("G" + side + "G") for side in sides]
    start = [1, 1] if forward else [len(read), len(target)]
    edits = extend(codes[0], start[0], len(read), codes[1], start[1], len(target), step, limit, rows, used)
    expected, expected_used = naive.extend(read, target, limit)
    assert edits == expected
    assert used[:edits].tolist() == expected_used[:edits]


@settings(deadline=None, max_examples=200)
@given(st.text("ACG", max_size=15), st.text("ACG", max_size=20))
def test_prefix_distances_are_those_of_the_whole_table(part: str, sequence: str) -> None:
    distances = prefix_distances(encode(part), encode(sequence)).tolist()
    assert distances == naive.prefix_distances(part, sequence)
    assert distances == sorted(distances)
