"""The sentence of each call: exact, and always with the limit of detection."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clonotrack.report import statement
from clonotrack.report.statement import flag_names, flag_sentences
from clonotrack.tables import CALLS, FLAGS
from tests.report import example_cohort

REACH = "a clone at 1.0e-5 would have been found 95 times in 100"


def row(call: str, **values: Any) -> dict[str, Any]:
    return example_cohort.result("d33", 33.0, values.pop("marker_id", "combined"), call, **values)


def test_negative() -> None:
    assert statement(row("negative")) == (
        f"Negative: no molecule of the clone in DNA of 500,000 nucleated cells (capture 0.6); {REACH}."
    )


def test_negative_with_reads() -> None:
    assert statement(row("negative", molecules=0.8, reads=2, p_value=0.31)) == (
        "Negative: 0.8 molecules of the clone, too little for a positive call (p = 0.31), in DNA of 500,000 nucleated "
        f"cells (capture 0.6); {REACH}."
    )


def test_positive() -> None:
    assert statement(row("positive", molecules=36.0, limits=(25.2, 49.8))) == (
        "Positive: 1.2e-4 clone cells per nucleated cell (95 % interval 8.4e-5 to 1.7e-4): 36 molecules of the clone "
        f"in DNA of 500,000 nucleated cells (capture 0.6), about 60 clone cells; {REACH}."
    )


def test_the_pooled_estimate_is_stated_too() -> None:
    pooled = {"pooled_mrd": 1.1e-4, "pooled_low": 8.1e-5, "pooled_high": 1.4e-4}
    said = statement(row("positive", molecules=36.0, **pooled))
    assert f"; all markers together show 1.1e-4 (8.1e-5 to 1.4e-4); {REACH}." in said


def test_an_assumed_capture_is_named_as_such() -> None:
    assert "nucleated cells (capture 0.6, assumed); " in statement(row("negative", flags="capture_assumed"))


def test_positive_below_loq() -> None:
    assert statement(row("positive_below_loq", molecules=1.0, clone_cells=1.0, loq=1.2e-5, limits=(0.025, 5.572))) == (
        "Positive, below the limit of quantification (1.2e-5): 1 molecule of the clone in DNA of 500,000 nucleated "
        "cells (capture 0.6); the estimate, 3.3e-6 clone cells per nucleated cell (95 % interval 8.3e-8 to 1.9e-5), "
        f"tells the order of magnitude only; {REACH}."
    )


def test_insufficient() -> None:
    result = row("insufficient", input_cells=12_000.0)
    start = "Insufficient: no molecule of the clone in DNA of 12,000 nucleated cells (capture 0.6), but only "
    reach = "a clone at 4.2e-4 would have been found 95 times in 100, which does not reach "
    lacked = "no more reads of the same tube would have sufficed, it takes more cells."
    assert statement(result, target=1e-4) == f"{start}{reach}the target level of 1.0e-4: {lacked}"
    assert statement(result) == f"{start}{reach}the level that was asked for: {lacked}"
    assert statement(result | {"reads_needed": 4.1e6}).endswith(
        ": 4,100,000 usable reads of the same tube would have sufficed."
    )
    assert statement(result | {"counting": "read_share"}).endswith("under 1e-4, which takes calibrators or UMIs.")


def test_failed() -> None:
    assert statement(row("failed", reads=1, flags="no_cells,rna")) == (
        "Failed: no result, and no level that the sample could have shown. "
        f"{FLAGS['no_cells']} {FLAGS['rna']} 1 read of the clone was counted."
    )


def test_failed_without_a_reason() -> None:
    assert statement(row("failed")).endswith("could have shown. The table does not say why.")


@pytest.mark.parametrize("flag", FLAGS)
def test_a_failed_result_states_each_flag(flag: str) -> None:
    assert FLAGS[flag] in statement(row("failed", flags=flag))


@pytest.mark.parametrize("call", [call for call in CALLS if call != "failed"])
def test_every_result_states_its_limit_of_detection(call: str) -> None:
    said = statement(row(call, molecules=2.0, lod=2.5e-6))
    assert "a clone at 2.5e-6 would have been found 95 times in 100" in said


@pytest.mark.parametrize("call", CALLS)
def test_a_marker_is_named(call: str) -> None:
    assert f"of marker {example_cohort.IGH}" in statement(
        row(call, marker_id=example_cohort.IGH, molecules=2.0, reads=7)
    )


@pytest.mark.parametrize("call", CALLS)
def test_nulls_are_not_printed(call: str) -> None:
    empty = dict.fromkeys((*example_cohort.LEVELS, "molecules", "clone_cells", "input_cells", "capture", "p_value"))
    said = statement(row(call, reads=5) | empty)
    assert not re.search(r"None|nan", said)
    assert "5 reads of the clone" in said


def test_an_unknown_flag_is_named() -> None:
    assert flag_names(" a, ,b") == ["a", "b"]
    assert flag_sentences("shallow,new_one") == [FLAGS["shallow"], "Flag new_one."]
    assert flag_sentences(None) == []
