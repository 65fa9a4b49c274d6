from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clonotrack.config import Track
from clonotrack.errors import TableError
from clonotrack.pgen.allowed_edits import GenerationModels
from clonotrack.sequences import reverse_complement
from clonotrack.tables import SHORTEST_TARGET
from clonotrack.track.targets import CONTROL_PART, GermlineKmers, control_targets, marker_targets, reject_germline
from tests.track.small_inputs import REFERENCE, J, V, bases, controls, marker, markers, substituted

RNG = np.random.default_rng(11)
GERMLINE = GermlineKmers.of(REFERENCE)
MODELS = GenerationModels(REFERENCE)
SEQUENCE = bases(RNG, 120)


def test_the_part_of_a_marker_is_its_clone_specific_part() -> None:
    (found,) = marker_targets(markers(marker("m", SEQUENCE.lower(), target_start=31, target_end=90)), Track(), MODELS)
    assert (found.part, found.sequence) == (SEQUENCE[30:90], SEQUENCE)
    assert (found.kind, found.subject_id, found.max_edits) == ("marker", "p", 2)


def test_without_coordinates_the_whole_sequence_is_the_part() -> None:
    (found,) = marker_targets(markers(marker("m", SEQUENCE)), Track(), MODELS, "p")
    assert found.part == SEQUENCE


def test_only_selected_markers_are_targets_and_rows_without_selected_count_as_selected() -> None:
    rows = [marker("a", SEQUENCE), marker("b", SEQUENCE, selected=False), marker("c", SEQUENCE[::-1], selected=None)]
    assert [target.target_id for target in marker_targets(markers(*rows), Track(), MODELS, "p")] == ["a", "c"]


@pytest.mark.parametrize(
    ("length", "requested", "edits"),
    [(30, 2, 1), (38, 2, 1), (39, 2, 2), (40, 2, 2), (60, 4, 3), (65, 4, 4), (40, 0, 0), (40, None, 2), (100, None, 3)],
)
def test_a_short_target_is_allowed_fewer_edits(length: int, requested: int | None, edits: int) -> None:
    (found,) = marker_targets(markers(marker("m", SEQUENCE[:length])), Track(max_edits=requested), MODELS, "p")
    assert found.max_edits == edits
    assert found.requested_edits == (edits if requested is None else requested)
    assert (found.edits_reason is None) == (found.max_edits == found.requested_edits)


def test_the_table_may_state_the_edits() -> None:
    rows = markers(marker("a", SEQUENCE, max_edits=1), marker("b", SEQUENCE[5:], max_edits=9))
    assert [(t.requested_edits, t.max_edits) for t in marker_targets(rows, Track(), MODELS, "p")] == [(1, 1), (9, 7)]


def test_one_marker_in_two_tables_is_one_target() -> None:
    twice = markers(
        marker("m", SEQUENCE, target_start=31, target_end=90, duplicate_count=5),
        marker("m", SEQUENCE[10:], target_start=21, target_end=80, duplicate_count=9),
    )
    assert len(marker_targets(twice, Track(), MODELS, "p")) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (marker("m", SEQUENCE[:50] + "N" + SEQUENCE[:50]), "column sequence: the sequence of 'm' contains 'N'"),
        (marker("m", SEQUENCE[:29]), "has 29 nt, and at least 30 are needed"),
        (
            marker("m", SEQUENCE, target_start=1, target_end=SHORTEST_TARGET - 1),
            "has 29 nt, and at least 30 are needed",
        ),
        (marker("m", SEQUENCE, target_start=5), "from 5 to None of 120 nt"),
        (marker("m", SEQUENCE, target_end=50), "from None to 50 of 120 nt"),
        (marker("m", SEQUENCE, target_start=0, target_end=50), "from 0 to 50 of 120 nt"),
        (marker("m", SEQUENCE, target_start=60, target_end=121), "from 60 to 121 of 120 nt"),
        (marker("m", SEQUENCE, target_start=90, target_end=30), "from 90 to 30 of 120 nt"),
        (marker("m", SEQUENCE, max_edits=-1), "has -1 edits"),
    ],
)
def test_a_marker_that_cannot_be_tracked_is_an_error_of_one_sentence(row: dict[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        marker_targets(markers(row), Track(), MODELS, "p")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("table MARKERS, column ")


@pytest.mark.parametrize(
    "other", [marker("m", SEQUENCE[1:]), marker("m", SEQUENCE, "q"), marker("m", SEQUENCE, max_edits=1)]
)
def test_one_id_for_two_targets_is_an_error(other: dict[str, Any]) -> None:
    with pytest.raises(TableError, match="'m' names two different targets"):
        marker_targets(markers(marker("m", SEQUENCE), other), Track(), MODELS, "p")


def test_a_marker_that_is_all_germline_is_rejected() -> None:
    joint = V["IGH"][0][-30:] + J["IGH"][0]
    reject_germline(marker_targets(markers(marker("joint", joint)), Track(), MODELS, "p"), GERMLINE)
    with pytest.raises(TableError, match="marker 'v' is all germline V or J"):
        reject_germline(marker_targets(markers(marker("v", V["IGH"][0])), Track(), MODELS, "p"), GERMLINE)


def test_the_part_of_a_control_has_40_nt_of_its_sequence() -> None:
    sequence = V["IGH"][0] + bases(RNG, 36) + J["IGH"][0]
    (found,) = control_targets(controls({"control_id": "c", "sequence": sequence}), GERMLINE, Track())
    assert found.part in sequence
    assert len(found.part) == 40
    assert (found.kind, found.subject_id, found.sequence) == ("control", None, sequence)


def test_a_control_in_two_tables_is_one_target() -> None:
    rows = controls({"control_id": "c", "sequence": SEQUENCE}, {"control_id": "c", "sequence": SEQUENCE})
    assert len(control_targets(rows, GERMLINE, Track())) == 1


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([SEQUENCE[:29]], "'c' has 29 nt"),
        ([SEQUENCE + "-"], "the sequence of 'c' contains '-'"),
        ([V["IGH"][0]], "'c' is all germline V or J"),
        ([SEQUENCE, SEQUENCE[1:]], "'c' names two different controls"),
    ],
)
def test_a_control_that_cannot_be_tracked_is_an_error(sequences: list[str], message: str) -> None:
    rows = controls(*({"control_id": "c", "sequence": sequence} for sequence in sequences))
    with pytest.raises(TableError, match=message):
        control_targets(rows, GERMLINE, Track())


VH, JH = V["IGH"][0], J["IGH"][0]


@pytest.mark.parametrize("inserted", [0, 5, 12, 36])
def test_the_specific_part_of_a_rearrangement_is_centred_on_its_junction(inserted: int) -> None:
    sequence = VH + bases(np.random.default_rng(inserted + 1), inserted) + JH
    start, end = GERMLINE.specific_part(sequence) or (0, 0)
    assert end - start == CONTROL_PART
    assert abs((start + end) / 2 - (len(VH) + inserted / 2)) <= 3


def test_the_other_strand_has_the_same_specific_part() -> None:
    sequence = VH + bases(np.random.default_rng(3), 21) + JH
    start, end = GERMLINE.specific_part(sequence) or (0, 0)
    reverse_start, reverse_end = GERMLINE.specific_part(reverse_complement(sequence)) or (0, 0)
    assert abs((len(sequence) - reverse_end) - start) <= 1
    assert reverse_end - reverse_start == end - start


def test_a_mutated_v_does_not_move_the_specific_part() -> None:
    sequence = substituted(VH, [20, 60]) + bases(np.random.default_rng(4), 20) + JH
    start, end = GERMLINE.specific_part(sequence) or (0, 0)
    assert start >= len(VH) - 15
    assert end <= len(VH) + 35


def test_the_specific_part_of_any_other_sequence_is_its_middle() -> None:
    assert GERMLINE.specific_part(bases(np.random.default_rng(5), 200)) == (80, 120)
    assert GERMLINE.specific_part(bases(np.random.default_rng(6), 33)) == (0, 33)


@pytest.mark.parametrize("sequence", [VH, JH, VH[:33], reverse_complement(VH)])
def test_a_sequence_that_is_all_germline_has_no_specific_part(sequence: str) -> None:
    assert GERMLINE.specific_part(sequence) is None
