from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.track.kernels.assign import (
    AMBIGUOUS_READ,
    CONTROL,
    HIT,
    NO_HIT,
    NO_MATCH,
    OWN,
    TIED,
    assign_read,
)
from tests.track.twins import assign as naive

A, B = OWN + 1, OWN + 2  # other patients
CASES = st.lists(st.tuples(st.integers(CONTROL, B), st.one_of(st.none(), st.integers(0, 3))), max_size=7)


def assigned(case: list[tuple[int, int | None]]) -> tuple[int, set[tuple[int, int, int]]]:
    """Result of the kernel for targets with owner and distance (None: not matched)."""
    owner = np.array([owner for owner, _ in case], dtype=np.int64)
    distance = np.array([NO_MATCH if d is None else d for _, d in case], dtype=np.int64)
    matched = np.array([t for t, (_, d) in enumerate(case) if d is not None] + [0], dtype=np.int64)
    status, shared = np.full((2, len(case) + 1), 9, dtype=np.int64)
    outcome = assign_read(matched, len(matched) - 1, distance, owner, status, shared)
    rows = zip(matched[:-1], status, strict=False)
    counted = {(int(t), int(s == TIED), int(distance[t])) for t, s in rows if s}
    for target, flag in zip(matched[:-1].tolist(), shared.tolist(), strict=False):
        others = {case[t][0] for t, _, _ in counted} - {case[target][0], CONTROL}
        assert flag == (case[target][0] != CONTROL and any(t == target for t, _, _ in counted) and bool(others))
    return outcome, counted


@settings(deadline=None, max_examples=500)
@given(CASES)
def test_a_read_is_assigned_as_by_the_naive_twin(case: list[tuple[int, int | None]]) -> None:
    matched = {t: d for t, (_, d) in enumerate(case) if d is not None}
    assert assigned(case) == naive.assign_read(matched, [owner for owner, _ in case])


@settings(deadline=None, max_examples=300)
@given(CASES)
def test_own_markers_and_controls_never_depend_on_other_patients(case: list[tuple[int, int | None]]) -> None:
    alone = [(owner, None if owner > OWN else d) for owner, d in case]
    of_tube = {row for row in assigned(case)[1] if case[row[0]][0] <= OWN}
    assert of_tube == assigned(alone)[1]


@pytest.mark.parametrize(
    ("case", "outcome", "counted"),
    [
        ([(OWN, None)], NO_HIT, set()),
        ([(OWN, 1), (OWN, 2)], HIT, {(0, 0, 1)}),
        ([(OWN, 1), (OWN, 1)], AMBIGUOUS_READ, {(0, 1, 1), (1, 1, 1)}),
        ([(OWN, 1), (CONTROL, 1)], AMBIGUOUS_READ, {(0, 1, 1), (1, 1, 1)}),
        ([(OWN, 1), (A, 1)], HIT, {(0, 0, 1), (1, 0, 1)}),
        ([(OWN, 0), (A, 1)], HIT, {(0, 0, 0)}),
        ([(OWN, 1), (A, 0)], HIT, {(0, 0, 1), (1, 0, 0)}),
        ([(A, 1), (B, 1)], HIT, {(0, 0, 1), (1, 0, 1)}),
        ([(A, 1), (B, 2)], HIT, {(0, 0, 1)}),
        ([(A, 1), (A, 1)], AMBIGUOUS_READ, {(0, 1, 1), (1, 1, 1)}),
        ([(A, 1), (CONTROL, 1)], HIT, {(0, 1, 1), (1, 0, 1)}),
        ([(A, 1), (CONTROL, 0)], HIT, {(1, 0, 0)}),
    ],
)
def test_each_rule_decides_its_case(
    case: list[tuple[int, int | None]], outcome: int, counted: set[tuple[int, int, int]]
) -> None:
    assert assigned(case) == (outcome, counted)
