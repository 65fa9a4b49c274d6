from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.arrays import least_mismatches, mismatches
from clonotrack.sequences import encode
from tests.kernels.twins import mismatches as naive

DNA = st.text("ACGTN", max_size=12)


@settings(deadline=None)
@given(DNA, DNA, DNA, DNA, st.data(), st.integers(-1, 4))
def test_stretches_are_compared_up_to_the_limit(
    left: str, right: str, before: str, after: str, data: st.DataObject, limit: int
) -> None:
    length = data.draw(st.integers(0, min(len(left), len(right))))
    left, right = left[:length], right[:length]
    found = mismatches(encode(before + left), len(before), encode(after + right), len(after), length, limit)
    expected = naive.mismatches(left, right)
    assert found == min(expected, limit + 1)


@settings(deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=6), DNA, st.integers(0, 7))
def test_the_best_place_is_found(part: str, whole: str, limit: int) -> None:
    expected = naive.least_mismatches(part, whole)
    found = least_mismatches(encode(part), encode(whole), limit)
    assert found == (limit + 1 if expected is None else min(expected, limit + 1))
