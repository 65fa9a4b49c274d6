from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.config import Track
from clonotrack.germline.load import load_reference
from clonotrack.markers.target_region import target_region
from clonotrack.pgen.allowed_edits import (
    GenerationModels,
    edits_for_errors,
    edits_for_length,
    is_productive,
    matching_error_rate,
    matching_loss,
)
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements

REFERENCE = load_reference()
MODELS = GenerationModels(REFERENCE)


def test_the_matching_loss_is_that_of_simulated_errors() -> None:
    wrong = np.random.default_rng(1).binomial(60, 0.01, 400_000)
    assert [matching_loss(60, e, 0.01) for e in (0, 1, 2)] == pytest.approx(
        [(wrong > e).mean() for e in (0, 1, 2)], abs=0.002
    )


@given(st.integers(30, 400), st.floats(0, 0.02))
def test_edits_for_errors_are_the_fewest_with_the_largest_loss_allowed(length: int, rate: float) -> None:
    edits = edits_for_errors(length, rate)
    assert matching_loss(length, edits, rate) <= 0.001
    assert edits == 2 or matching_loss(length, edits - 1, rate) > 0.001


@pytest.mark.parametrize(
    ("length", "asked", "edits", "has_reason"),
    [
        (30, None, 1, True),
        (39, None, 2, False),
        (60, None, 2, False),
        (120, None, 3, False),
        (60, 0, 0, False),
        (60, 8, 3, True),
    ],
)
def test_edits_depend_on_length_or_on_the_settings(
    length: int, asked: int | None, edits: int, has_reason: bool
) -> None:
    found, reason = edits_for_length(length, Track(max_edits=asked))
    assert (found, reason is not None) == (edits, has_reason)


def test_a_matching_error_needs_its_differences_undone_by_errors() -> None:
    near = np.array([0.0, 0.0, 0.0, 1e-3, 1e-2])
    assert matching_error_rate(near, 2, 0.003) == pytest.approx(1e-3 * 3 * 0.0005 + 1e-2 * 6 * 0.0005**2)
    assert matching_error_rate(near, 4, 0.003) == 0


@pytest.mark.parametrize(("locus", "inserted", "least", "most"), [("IGH", 20, 2, 4), ("TRG", 0, 0, 1)])
def test_a_long_junction_keeps_its_edits_and_a_public_one_loses_them_with_a_reason(
    locus: str, inserted: int, least: int, most: int
) -> None:
    rng = np.random.default_rng(3)
    rearrangements = [
        r
        for r in draw_rearrangements(draw_genotype(REFERENCE, locus, rng), 60, rng, min_inserted=inserted)
        if inserted or r.inserted < 3
    ]
    for rearrangement in rearrangements[:8]:
        found = target_region(rearrangement.sequence, rearrangement.key_region, 40)
        part = found.sequence[found.start - 1 : found.end]
        allowed = MODELS.allowed_edits(part, locus, rearrangement.junction, Track(), 2)
        assert least <= allowed.max_edits <= most
        assert (allowed.reason is None) == (allowed.max_edits == 2)
        assert allowed.background_rate is not None
        assert allowed.background_rate < 1e-9 if inserted else allowed.background_rate > 1e-9


def test_a_stricter_rate_leaves_fewer_edits_and_no_more_background() -> None:
    rng = np.random.default_rng(5)
    for made in draw_rearrangements(draw_genotype(REFERENCE, "TRB", rng), 20, rng):
        rates = (1e-15, 1e-12, 1e-9, 1e-6)
        allowed = [MODELS.allowed_edits(made.key_region, "TRB", None, Track(false_hit_rate=rate), 3) for rate in rates]
        assert [one.max_edits for one in allowed] == sorted(one.max_edits for one in allowed)
        assert [one.background_rate for one in allowed] == sorted(one.background_rate for one in allowed)


def test_stated_edits_are_kept_with_the_background_they_bring() -> None:
    rng = np.random.default_rng(6)
    (made,) = draw_rearrangements(draw_genotype(REFERENCE, "IGK", rng), 1, rng)
    lowered = MODELS.allowed_edits(made.key_region, "IGK", None, Track(), 2)
    stated = MODELS.allowed_edits(made.key_region, "IGK", None, Track(max_edits=2), 2)
    assert (lowered.max_edits, stated.max_edits, stated.reason) == (0, 2, None)
    assert stated.background_rate is not None
    assert lowered.background_rate is not None
    assert stated.background_rate > 10 * lowered.background_rate


def test_without_a_system_there_is_no_background_rate() -> None:
    allowed = MODELS.allowed_edits("ACGT" * 20, None, None, Track(), 3)
    assert (allowed.max_edits, allowed.background_rate, allowed.reason) == (3, None, None)


def test_a_junction_out_of_frame_or_with_a_stop_is_not_productive() -> None:
    assert [is_productive(j) for j in (None, "TGTGCATGG", "TGTGCATG", "TGTTAATGG")] == [True, True, False, False]
