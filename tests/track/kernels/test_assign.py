from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.track.kernels.assign import AMBIGUOUS, CONTROL, FAR, HIT, OTHER, OWN, TIED, credit
from tests.track.twins import assign as naive

A, B = OWN + 1, OWN + 2  # other patients
CASES = st.lists(st.tuples(st.integers(CONTROL, B), st.one_of(st.none(), st.integers(0, 3))), max_size=7)


def credited(case: list[tuple[int, int | None]]) -> tuple[int, set[tuple[int, int, int]]]:
    """What the kernel makes of targets with group and distance (None: not held)."""
    group = np.array([group for group, _ in case], dtype=np.int64)
    distance = np.array([FAR if d is None else d for _, d in case], dtype=np.int64)
    near = np.array([t for t, (_, d) in enumerate(case) if d is not None] + [0], dtype=np.int64)
    given, shared = np.full((2, len(case) + 1), 9, dtype=np.int64)
    outcome = credit(near, len(near) - 1, distance, group, given, shared)
    counting = [(int(t), int(g == TIED), int(distance[t])) for t, g in zip(near[:-1], given, strict=False) if g]
    for target, flag in zip(near[:-1].tolist(), shared.tolist(), strict=False):
        others = {case[t][0] for t, _, _ in counting} - {case[target][0], CONTROL}
        assert flag == (case[target][0] != CONTROL and any(t == target for t, _, _ in counting) and bool(others))
    return outcome, set(counting)


@settings(deadline=None, max_examples=500)
@given(CASES)
def test_a_read_is_counted_as_by_the_naive_twin(case: list[tuple[int, int | None]]) -> None:
    near = {t: d for t, (_, d) in enumerate(case) if d is not None}
    assert credited(case) == naive.credit(near, [group for group, _ in case])


@settings(deadline=None, max_examples=300)
@given(CASES)
def test_own_markers_and_controls_never_depend_on_other_patients(case: list[tuple[int, int | None]]) -> None:
    alone = [(group, None if group > OWN else d) for group, d in case]
    of_tube = {place for place in credited(case)[1] if case[place[0]][0] <= OWN}
    assert of_tube == credited(alone)[1]


@pytest.mark.parametrize(
    ("case", "outcome", "counted"),
    [
        ([(OWN, None)], OTHER, set()),
        ([(OWN, 1), (OWN, 2)], HIT, {(0, 0, 1)}),
        ([(OWN, 1), (OWN, 1)], AMBIGUOUS, {(0, 1, 1), (1, 1, 1)}),
        ([(OWN, 1), (CONTROL, 1)], AMBIGUOUS, {(0, 1, 1), (1, 1, 1)}),
        ([(OWN, 1), (A, 1)], HIT, {(0, 0, 1), (1, 0, 1)}),
        ([(OWN, 0), (A, 1)], HIT, {(0, 0, 0)}),
        ([(OWN, 1), (A, 0)], HIT, {(0, 0, 1), (1, 0, 0)}),
        ([(A, 1), (B, 1)], HIT, {(0, 0, 1), (1, 0, 1)}),
        ([(A, 1), (B, 2)], HIT, {(0, 0, 1)}),
        ([(A, 1), (A, 1)], AMBIGUOUS, {(0, 1, 1), (1, 1, 1)}),
        ([(A, 1), (CONTROL, 1)], HIT, {(0, 1, 1), (1, 0, 1)}),
        ([(A, 1), (CONTROL, 0)], HIT, {(1, 0, 0)}),
    ],
)
def test_the_rules_case_by_case(
    case: list[tuple[int, int | None]], outcome: int, counted: set[tuple[int, int, int]]
) -> None:
    assert credited(case) == (outcome, counted)
