from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.config import Track
from clonotrack.germline.load import load_reference
from clonotrack.markers.target_region import target
from clonotrack.pgen.allowed_edits import (
    Background,
    edits_for_errors,
    edits_for_length,
    is_productive,
    loss,
    matching_errors,
)
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements

REFERENCE = load_reference()
BACKGROUND = Background(REFERENCE)


def test_the_loss_is_that_of_drawn_errors() -> None:
    wrong = np.random.default_rng(1).binomial(60, 0.01, 400_000)
    assert [loss(60, e, 0.01) for e in (0, 1, 2)] == pytest.approx([(wrong > e).mean() for e in (0, 1, 2)], abs=0.002)


@given(st.integers(30, 400), st.floats(0, 0.02))
def test_edits_leave_next_to_no_read_out_and_are_the_fewest(length: int, rate: float) -> None:
    edits = edits_for_errors(length, rate)
    assert loss(length, edits, rate) <= 0.001
    assert edits == 2 or loss(length, edits - 1, rate) > 0.001


@pytest.mark.parametrize(
    ("length", "asked", "edits", "told"),
    [
        (30, None, 1, True),
        (39, None, 2, False),
        (60, None, 2, False),
        (120, None, 3, False),
        (60, 0, 0, False),
        (60, 8, 3, True),
    ],
)
def test_edits_go_by_length_or_by_the_settings(length: int, asked: int | None, edits: int, told: bool) -> None:
    found, reason = edits_for_length(length, Track(max_edits=asked))
    assert (found, reason is not None) == (edits, told)


def test_a_matching_error_needs_the_differences_to_be_undone() -> None:
    near = np.array([0.0, 0.0, 0.0, 1e-3, 1e-2])
    assert matching_errors(near, 2, 0.003) == pytest.approx(1e-3 * 3 * 0.0005 + 1e-2 * 6 * 0.0005**2)
    assert matching_errors(near, 4, 0.003) == 0


@pytest.mark.parametrize(("locus", "inserted", "least", "most"), [("IGH", 20, 2, 4), ("TRG", 0, 0, 1)])
def test_a_long_junction_keeps_its_edits_and_a_public_one_says_why_not(
    locus: str, inserted: int, least: int, most: int
) -> None:
    rng = np.random.default_rng(3)
    made = [
        r
        for r in draw_rearrangements(draw_genotype(REFERENCE, locus, rng), 60, rng, min_inserted=inserted)
        if inserted or r.inserted < 3
    ]
    for rearrangement in made[:8]:
        found = target(rearrangement.sequence, rearrangement.key_region, 40)
        part = found.sequence[found.start - 1 : found.end]
        judged = BACKGROUND.judge(part, locus, rearrangement.junction, Track(), 2)
        assert least <= judged.edits <= most
        assert (judged.reason is None) == (judged.edits == 2)
        assert judged.background_rate is not None
        assert judged.background_rate < 1e-9 if inserted else judged.background_rate > 1e-9


def test_a_stricter_rate_leaves_fewer_edits_and_no_more_background() -> None:
    rng = np.random.default_rng(5)
    for made in draw_rearrangements(draw_genotype(REFERENCE, "TRB", rng), 20, rng):
        rates = (1e-15, 1e-12, 1e-9, 1e-6)
        judged = [BACKGROUND.judge(made.key_region, "TRB", None, Track(false_hit_rate=rate), 3) for rate in rates]
        assert [one.edits for one in judged] == sorted(one.edits for one in judged)
        assert [one.background_rate for one in judged] == sorted(one.background_rate for one in judged)


def test_edits_that_the_settings_state_stay_with_the_background_they_bring() -> None:
    rng = np.random.default_rng(6)
    (made,) = draw_rearrangements(draw_genotype(REFERENCE, "IGK", rng), 1, rng)
    lowered = BACKGROUND.judge(made.key_region, "IGK", None, Track(), 2)
    stated = BACKGROUND.judge(made.key_region, "IGK", None, Track(max_edits=2), 2)
    assert (lowered.edits, stated.edits, stated.reason) == (0, 2, None)
    assert stated.background_rate is not None
    assert lowered.background_rate is not None
    assert stated.background_rate > 10 * lowered.background_rate


def test_without_a_system_nothing_is_said_of_the_background() -> None:
    judged = BACKGROUND.judge("ACGT" * 20, None, None, Track(), 3)
    assert (judged.edits, judged.background_rate, judged.reason) == (3, None, None)


def test_what_is_out_of_frame_or_stops_is_not_productive() -> None:
    assert [is_productive(j) for j in (None, "TGTGCATGG", "TGTGCATG", "TGTTAATGG")] == [True, True, False, False]
