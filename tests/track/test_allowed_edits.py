from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import TableError
from clonotrack.sequences import reverse_complement
from clonotrack.track.allowed_edits import settle_edits
from tests.track.made import bases, substituted, target

RNG = np.random.default_rng(21)
PART = bases(RNG, 60)
OTHER = bases(RNG, 60)


def edits(*targets: object, refuse: bool = True) -> list[int]:
    return [t.edits for t in settle_edits(targets, [], refuse=refuse)]  # type: ignore[arg-type]


def test_targets_far_apart_keep_their_edits() -> None:
    assert edits(target(PART, "a"), target(OTHER, "b", edits=3)) == [2, 3]


@pytest.mark.parametrize(("apart", "allowed"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 2)])
@pytest.mark.parametrize("turned", [False, True])
def test_near_targets_are_allowed_less_than_half_their_distance(apart: int, allowed: int, turned: bool) -> None:
    near = substituted(PART, [5 * i + 3 for i in range(apart)])
    near = reverse_complement(near) if turned else near
    assert edits(target(PART, "a"), target(near, "b")) == [allowed, allowed]


def test_what_lies_beside_the_tracked_part_counts_too() -> None:
    wide = target(OTHER, "b", before=bases(RNG, 20), after=substituted(PART, [7, 30]) + "ACGT")
    assert edits(target(PART, "a"), wide) == [0, 0]


def test_controls_count_and_keep_their_place() -> None:
    found = settle_edits(
        [target(PART, "a")], [target(substituted(PART, [8, 25, 40]), "c", subject_id=None)], refuse=True
    )
    assert [(t.target_id, t.edits) for t in found] == [("a", 1), ("c", 1)]


@pytest.mark.parametrize("same", [PART, reverse_complement(PART), PART[10:50]])
def test_what_cannot_be_told_apart_is_refused_in_the_patients_own_sample_only(same: str) -> None:
    with pytest.raises(TableError, match="marker 'a' and marker 'b' cannot be told apart"):
        edits(target(PART, "a"), target(same, "b"))
    assert edits(target(PART, "a"), target(same, "b"), refuse=False) == [0, 0]
