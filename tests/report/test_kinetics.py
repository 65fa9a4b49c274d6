"""Sentences and tables of a patient's kinetics."""

from __future__ import annotations

from typing import Any

import pytest

from clonotrack.report.page import kinetics_section, kinetics_sentences
from clonotrack.tables import KINETICS
from tests.report import example_cohort
from tests.report.html_parser import parse

EMPTY = dict.fromkeys(KINETICS.names) | {
    "sample_id": "d180",
    "previous_sample_id": "d120",
    "tissue": "marrow",
    "rise": False,
    "sustained": False,
    "call": "negative",
}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"log10_reduction": 4.93, "reduction_bound": "at_least"},
            "At d180 the reduction since the first baseline is at least 4.9 logs.",
        ),
        ({"log10_reduction": 2.0}, "At d180 the reduction since the first baseline is 2.0 logs."),
        (
            {"days_to_negativity": 78.0, "days_positive": 33.0, "negative_since": 78.0},
            "Negativity was reached after day 33 and by day 78 from the first baseline; no positive sample "
            "since day 78.",
        ),
        (
            {"days_to_negativity": 78.0, "negative_since": 78.0, "sustained": True},
            "Negativity was reached by day 78 from the first baseline; no positive sample since day 78: it "
            "is sustained.",
        ),
        ({"days_to_negativity": 78.0}, "Negativity was reached by day 78 from the first baseline, and was lost again."),
        (
            {"rise": True, "lowest": 1e-6},
            "At d180 the level is at least one log above the lowest before it (1.0e-6): a second "
            "sample has to confirm it.",
        ),
        (
            {"doubling_days": 30.2, "doubling_low": 17.6, "doubling_high": 102.4},
            "Since d120 the level doubled in 30 days (95 % interval 18 to 102).",
        ),
        (
            {"doubling_days": 30.2, "doubling_low": 17.6},
            "Since d120 the level doubled in 30 days (95 % interval 18 to no upper limit).",
        ),
        ({"doubling_high": 20.0}, "The level doubled in at most 20 days."),
    ],
)
def test_each_finding_is_a_sentence(values: dict[str, Any], said: str) -> None:
    assert kinetics_sentences(EMPTY | values) == [said]


def test_several_tissues_are_named() -> None:
    (said,) = kinetics_sentences(EMPTY | {"log10_reduction": 2.0}, several=True)
    assert said.startswith("In marrow: At d180")


def test_bounds_are_shown_before_their_values() -> None:
    frame = example_cohort.kinetics(example_cohort.mrd())
    cells = [cell.text for cell in parse(f"<!DOCTYPE html><html>{kinetics_section(frame, 'p1')}</html>").all("td")]
    assert "≥ 4.9" in cells
    assert any(cell.startswith("≤ ") for cell in cells)


def test_without_two_samples_nothing_can_be_compared() -> None:
    assert "nothing can be compared" in kinetics_section(KINETICS.empty(), "p1")
    assert "No table of kinetics" in kinetics_section(None, "p1")
