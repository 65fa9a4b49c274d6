"""Statistics of a result from plain numbers."""

from __future__ import annotations

from typing import Any

import pytest

import clonotrack as ct
from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.stats.api import Sample

PERFECT = Quantify(dispersion=0.0, efficiency_sd=0.0)
DEEP = {"reads_per_molecule": 50.0, "capture": 1.0, "umi": True}


@pytest.mark.parametrize(
    ("count", "limits"), [(0, (0.0, 3.689)), (1, (0.025, 5.572)), (3, (0.619, 8.767)), (10, (4.795, 18.390))]
)
def test_garwoods_limits(count: int, limits: tuple[float, float]) -> None:
    assert ct.poisson_interval(count) == pytest.approx(limits, abs=6e-4)


@pytest.mark.parametrize("wrong", [(-1, 0.95), (1, 1.0), (1, 0.0)])
def test_a_count_or_confidence_out_of_range_is_an_error(wrong: tuple[int, float]) -> None:
    with pytest.raises(QuantityError, match="is out of range: give a count of 0 or more"):
        ct.poisson_interval(*wrong)


def test_if_every_cell_is_seen_the_lod_is_2_996_cells() -> None:
    assert 1e6 * ct.limit_of_detection(Sample(1e6, **DEEP), settings=PERFECT) == pytest.approx(2.996, abs=1e-3)


def test_blank_counts_and_few_reads_per_molecule_raise_the_limit_of_detection() -> None:
    clean = ct.limit_of_detection(Sample(5e5))
    assert ct.limit_of_detection(Sample(5e5, background=1e-5)) > 1.5 * clean
    assert ct.limit_of_detection(Sample(5e5, carry_over=5.0)) > clean
    assert ct.limit_of_detection(Sample(5e5, reads_per_molecule=0.3)) > 2 * clean
    assert ct.limit_of_detection(Sample(5e5), markers=2) < clean


def test_one_marker_by_umi_is_a_poisson_count() -> None:
    found = ct.combine_markers([3], [Sample(1e6, **DEEP)], PERFECT)
    assert (found.mrd, found.positive) == (pytest.approx(3e-6), True)
    assert (1e6 * found.mrd_low, 1e6 * found.mrd_high) == pytest.approx(ct.poisson_interval(3), rel=1e-3)


def test_the_highest_of_two_has_the_interval_of_a_maximum() -> None:
    alone = ct.combine_markers([9], [Sample(5e5)])
    both = ct.combine_markers([9, 6], [Sample(5e5)] * 2)
    assert both.mrd == alone.mrd
    assert both.mrd_high < alone.mrd_high
    assert both.lod < alone.lod


@pytest.mark.parametrize(
    ("counts", "changed", "message"),
    [
        ([1], {"capture": 1.5}, r"capture = 1\.5 is out of range: give a number above 0 and up to 1"),
        ([1], {"cells": 0.0}, "cells = 0 is out of range: give a number above 0$"),
        ([1, 2], {}, "2 counts and 1 samples are given: give one count and one sample for each"),
        ([], {}, "0 counts and 1 samples are given"),
    ],
)
def test_numbers_out_of_range_are_errors(counts: list[int], changed: dict[str, Any], message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        ct.combine_markers(counts, [Sample(**{"cells": 5e5} | changed)])


def test_every_public_name_is_loaded_on_first_use() -> None:
    assert set(ct.__all__) <= set(dir(ct))
    for name in ct.__all__:
        assert getattr(ct, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        ct.nothing  # noqa: B018
