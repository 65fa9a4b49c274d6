from __future__ import annotations

import numpy as np
import pytest

from clonotrack.sequences import reverse_complement
from clonotrack.track.targets import WINDOW, Germline
from tests.track.made import REFERENCE, J, V, bases, substituted

GERMLINE = Germline.of(REFERENCE)
VH, JH = V["IGH"][0], J["IGH"][0]


@pytest.mark.parametrize("inserted", [0, 5, 12, 36])
def test_the_window_of_a_rearrangement_is_centred_on_its_junction(inserted: int) -> None:
    sequence = VH + bases(np.random.default_rng(inserted + 1), inserted) + JH
    start, end = GERMLINE.window(sequence) or (0, 0)
    assert end - start == WINDOW
    assert abs((start + end) / 2 - (len(VH) + inserted / 2)) <= 3


def test_the_other_strand_has_the_same_window() -> None:
    sequence = VH + bases(np.random.default_rng(3), 21) + JH
    start, end = GERMLINE.window(sequence) or (0, 0)
    turned_start, turned_end = GERMLINE.window(reverse_complement(sequence)) or (0, 0)
    assert abs((len(sequence) - turned_end) - start) <= 1
    assert turned_end - turned_start == end - start


def test_a_mutated_v_does_not_draw_the_window_away() -> None:
    sequence = substituted(VH, [20, 60]) + bases(np.random.default_rng(4), 20) + JH
    start, end = GERMLINE.window(sequence) or (0, 0)
    assert start >= len(VH) - 15
    assert end <= len(VH) + 35


def test_the_window_of_any_other_sequence_is_its_middle() -> None:
    assert GERMLINE.window(bases(np.random.default_rng(5), 200)) == (80, 120)
    assert GERMLINE.window(bases(np.random.default_rng(6), 33)) == (0, 33)


@pytest.mark.parametrize("sequence", [VH, JH, VH[:33], reverse_complement(VH)])
def test_what_is_germline_throughout_has_none(sequence: str) -> None:
    assert GERMLINE.window(sequence) is None
