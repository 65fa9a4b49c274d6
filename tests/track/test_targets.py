from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clonotrack.config import Track
from clonotrack.errors import TableError
from clonotrack.pgen.allowed_edits import Background
from clonotrack.tables import SHORTEST_TARGET
from clonotrack.track.targets import Germline, control_targets, marker_targets, refuse_germline
from tests.track.made import REFERENCE, J, V, bases, controls, marker, markers

RNG = np.random.default_rng(11)
GERMLINE = Germline.of(REFERENCE)
BACKGROUND = Background(REFERENCE)
SEQUENCE = bases(RNG, 120)


def test_a_marker_is_looked_for_by_its_clone_specific_part() -> None:
    (found,) = marker_targets(
        markers(marker("m", SEQUENCE.lower(), target_start=31, target_end=90)), Track(), BACKGROUND
    )
    assert (found.part, found.whole) == (SEQUENCE[30:90], SEQUENCE)
    assert (found.kind, found.subject_id, found.edits) == ("marker", "p", 2)


def test_without_coordinates_the_whole_sequence_is_looked_for() -> None:
    (found,) = marker_targets(markers(marker("m", SEQUENCE)), Track(), BACKGROUND, "p")
    assert found.part == SEQUENCE


def test_only_selected_markers_are_looked_for_and_unmarked_rows_are_selected() -> None:
    rows = [marker("a", SEQUENCE), marker("b", SEQUENCE, selected=False), marker("c", SEQUENCE[::-1], selected=None)]
    assert [target.target_id for target in marker_targets(markers(*rows), Track(), BACKGROUND, "p")] == ["a", "c"]


@pytest.mark.parametrize(
    ("length", "wanted", "edits"),
    [(30, 2, 1), (38, 2, 1), (39, 2, 2), (40, 2, 2), (60, 4, 3), (65, 4, 4), (40, 0, 0), (40, None, 2), (100, None, 3)],
)
def test_a_short_target_is_allowed_fewer_edits(length: int, wanted: int | None, edits: int) -> None:
    (found,) = marker_targets(markers(marker("m", SEQUENCE[:length])), Track(max_edits=wanted), BACKGROUND, "p")
    assert found.edits == edits
    assert found.wanted == (edits if wanted is None else wanted)
    assert (found.reason is None) == (found.edits == found.wanted)


def test_the_table_may_state_the_edits() -> None:
    rows = markers(marker("a", SEQUENCE, max_edits=1), marker("b", SEQUENCE[5:], max_edits=9))
    assert [(t.wanted, t.edits) for t in marker_targets(rows, Track(), BACKGROUND, "p")] == [(1, 1), (9, 7)]


def test_one_marker_in_two_tables_is_one_target() -> None:
    twice = markers(
        marker("m", SEQUENCE, target_start=31, target_end=90, duplicate_count=5),
        marker("m", SEQUENCE[10:], target_start=21, target_end=80, duplicate_count=9),
    )
    assert len(marker_targets(twice, Track(), BACKGROUND, "p")) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (marker("m", SEQUENCE[:50] + "N" + SEQUENCE[:50]), "column sequence: 'm' holds 'N'"),
        (marker("m", SEQUENCE[:29]), "has 29 nt and at least 30 are needed"),
        (marker("m", SEQUENCE, target_start=1, target_end=SHORTEST_TARGET - 1), "has 29 nt and at least 30 are needed"),
        (marker("m", SEQUENCE, target_start=5), "from 5 to None of 120 nt"),
        (marker("m", SEQUENCE, target_end=50), "from None to 50 of 120 nt"),
        (marker("m", SEQUENCE, target_start=0, target_end=50), "from 0 to 50 of 120 nt"),
        (marker("m", SEQUENCE, target_start=60, target_end=121), "from 60 to 121 of 120 nt"),
        (marker("m", SEQUENCE, target_start=90, target_end=30), "from 90 to 30 of 120 nt"),
        (marker("m", SEQUENCE, max_edits=-1), "has -1 edits"),
    ],
)
def test_a_marker_that_cannot_be_tracked_is_one_sentence(row: dict[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        marker_targets(markers(row), Track(), BACKGROUND, "p")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("table MARKERS, column ")


@pytest.mark.parametrize(
    "other", [marker("m", SEQUENCE[1:]), marker("m", SEQUENCE, "q"), marker("m", SEQUENCE, max_edits=1)]
)
def test_one_id_of_two_targets_is_an_error(other: dict[str, Any]) -> None:
    with pytest.raises(TableError, match="'m' names two different targets"):
        marker_targets(markers(marker("m", SEQUENCE), other), Track(), BACKGROUND, "p")


def test_a_marker_that_is_germline_throughout_is_refused() -> None:
    joint = V["IGH"][0][-30:] + J["IGH"][0]
    refuse_germline(marker_targets(markers(marker("joint", joint)), Track(), BACKGROUND, "p"), GERMLINE)
    with pytest.raises(TableError, match="marker 'v' is germline V or J throughout"):
        refuse_germline(marker_targets(markers(marker("v", V["IGH"][0])), Track(), BACKGROUND, "p"), GERMLINE)


def test_a_control_is_looked_for_by_its_window() -> None:
    sequence = V["IGH"][0] + bases(RNG, 36) + J["IGH"][0]
    (found,) = control_targets(controls({"control_id": "c", "sequence": sequence}), GERMLINE, Track())
    assert found.part in sequence
    assert len(found.part) == 40
    assert (found.kind, found.subject_id, found.whole) == ("control", None, sequence)


def test_a_control_in_two_tables_is_one_target() -> None:
    rows = controls({"control_id": "c", "sequence": SEQUENCE}, {"control_id": "c", "sequence": SEQUENCE})
    assert len(control_targets(rows, GERMLINE, Track())) == 1


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([SEQUENCE[:29]], "'c' has 29 nt"),
        ([SEQUENCE + "-"], "'c' holds '-'"),
        ([V["IGH"][0]], "'c' is germline V or J throughout"),
        ([SEQUENCE, SEQUENCE[1:]], "'c' names two different controls"),
    ],
)
def test_a_control_that_cannot_be_tracked_is_one_sentence(sequences: list[str], message: str) -> None:
    rows = controls(*({"control_id": "c", "sequence": sequence} for sequence in sequences))
    with pytest.raises(TableError, match=message):
        control_targets(rows, GERMLINE, Track())
