from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import TableError
from clonotrack.sequences import reverse_complement
from clonotrack.track.allowed_edits import limit_edits
from tests.track.small_inputs import bases, substituted, target

RNG = np.random.default_rng(21)
PART = bases(RNG, 60)
OTHER = bases(RNG, 60)


def edits(*targets: object, reject_equal: bool = True) -> list[int]:
    return [t.max_edits for t in limit_edits(targets, [], reject_equal=reject_equal)]  # type: ignore[arg-type]


def test_targets_far_apart_keep_their_edits() -> None:
    assert edits(target(PART, "a"), target(OTHER, "b", edits=3)) == [2, 3]


@pytest.mark.parametrize(("distance", "allowed"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 2)])
@pytest.mark.parametrize("reverse", [False, True])
def test_near_targets_are_allowed_less_than_half_their_distance(distance: int, allowed: int, reverse: bool) -> None:
    near = substituted(PART, [5 * i + 3 for i in range(distance)])
    near = reverse_complement(near) if reverse else near
    assert edits(target(PART, "a"), target(near, "b")) == [allowed, allowed]


def test_the_whole_sequence_of_the_other_target_is_compared() -> None:
    wide = target(OTHER, "b", prefix=bases(RNG, 20), suffix=substituted(PART, [7, 30]) + "ACGT")
    assert edits(target(PART, "a"), wide) == [0, 0]


def test_controls_are_compared_too_and_come_last() -> None:
    limited = limit_edits(
        [target(PART, "a")], [target(substituted(PART, [8, 25, 40]), "c", subject_id=None)], reject_equal=True
    )
    assert [(t.target_id, t.max_edits) for t in limited] == [("a", 1), ("c", 1)]


@pytest.mark.parametrize("same", [PART, reverse_complement(PART), PART[10:50]])
def test_equal_targets_are_rejected_only_in_the_patients_own_sample(same: str) -> None:
    with pytest.raises(TableError, match="marker 'a' and marker 'b' cannot be told apart"):
        edits(target(PART, "a"), target(same, "b"))
    assert edits(target(PART, "a"), target(same, "b"), reject_equal=False) == [0, 0]
