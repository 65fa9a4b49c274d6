from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.cluster.kernels.find_substrings import find_substrings
from clonotrack.sequences import Ragged
from tests.cluster.twins.find_substrings import find_substrings as naive


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.text("ACGTN", max_size=60), max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 40)), max_size=6),
    st.lists(st.tuples(st.integers(0, 39), st.sampled_from("ACGTN")), max_size=4),
    st.integers(0, 3),
)
def test_found_substrings_are_those_of_the_naive_twin(
    longer: list[str], pieces: list[tuple[int, int, int]], changes: list[tuple[int, str]], max_distance: int
) -> None:
    sequences = []
    for owner, start, size in pieces:
        piece = list((longer[owner] if owner < len(longer) else "ACGTTGCATGCCATTGCAGT")[start : start + size])
        for position, base in changes:
            if position < len(piece):
                piece[position] = base
        sequences.append("".join(piece))
    short, long = Ragged.from_strings(sequences), Ragged.from_strings(longer)
    found = find_substrings(short.codes, short.offsets, long.codes, long.offsets, max_distance)
    assert found.dtype == np.int64
    assert found.tolist() == naive(sequences, longer, max_distance)
