from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.arrays import turned
from clonotrack.sequences import Ragged
from tests.kernels.twins import strands as naive

read = st.text("ACGTN", max_size=9).flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, 93), min_size=len(text), max_size=len(text)))
)


@given(st.lists(st.tuples(read, st.booleans()), max_size=6))
@settings(deadline=None)
def test_agrees_with_the_twin(rows):
    ragged = Ragged.from_strings([text for (text, _), _ in rows])
    scores = np.array([q for (_, row), _ in rows for q in row], dtype=np.uint8)
    reverse = [turn for _, turn in rows]
    codes, qualities = turned(ragged.codes, scores, ragged.offsets, np.array(reverse, dtype=np.bool_))
    expected = naive.turned([one for one, _ in rows], reverse)
    assert Ragged(codes, ragged.offsets).to_strings() == [text for text, _ in expected]
    assert [qualities[a:b].tolist() for a, b in pairwise(ragged.offsets)] == [row for _, row in expected]
