from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.sequences import encode
from clonotrack.track.kernels.distance import edits_of_heads
from tests.track.twins import closeness as naive


@settings(deadline=None, max_examples=200)
@given(st.text("ACG", max_size=15), st.text("ACG", max_size=20))
def test_edits_are_those_of_the_whole_table(part: str, whole: str) -> None:
    found = edits_of_heads(encode(part), encode(whole)).tolist()
    assert found == naive.edits_of_heads(part, whole)
    assert found == sorted(found)
