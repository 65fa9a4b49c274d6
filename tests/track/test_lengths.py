"""Targets that the reads are too short for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clonotrack.germline import LOCI
from clonotrack.tables import TOTALS
from clonotrack.track.count_hits import Counted
from clonotrack.track.hits_table import Sample, hits_frame
from clonotrack.track.locus_counts import cut_short
from tests.track.made import target

TARGET = target("A" * 40, "m1")
NO_LOCUS = len(LOCI)


def lengths(*reads: tuple[int, int, int]) -> np.ndarray:
    """(row, length, reads) as a search counts them."""
    table = np.zeros((NO_LOCUS + 1, 61), dtype=np.int64)
    for row, length, count in reads:
        table[row, length] += count
    return table


@pytest.mark.parametrize(
    ("locus", "reads", "short"),
    [
        ("IGH", [(0, 39, 1000)], True),
        ("IGH", [(0, 40, 1000)], False),
        ("IGH", [(0, 39, 951), (0, 40, 49)], True),
        ("IGH", [(0, 39, 950), (0, 40, 50)], False),
        ("IGH", [(0, 39, 10), (1, 60, 1000)], True),  # its own locus tells
        ("IGH", [(1, 60, 1000)], False),  # without one, the others do
        (None, [(0, 39, 1000), (1, 60, 1000)], False),
        (None, [(0, 39, 1000), (1, 60, 50)], True),  # some stray reads of another locus say nothing
        (None, [(NO_LOCUS, 39, 1000)], True),
        (None, [], False),  # no read at all is told by itself
    ],
)
def test_a_target_longer_than_nearly_all_reads_that_could_be_its_own(
    locus: str | None, reads: list[tuple[int, int, int]], short: bool
) -> None:
    assert cut_short(replace(TARGET, locus=locus), lengths(*reads)) is short


@pytest.mark.parametrize(("found", "rows"), [(0, [(None, 0)]), (7, [(None, 0), ("exact", 7)])])
def test_its_row_says_so_and_takes_no_read_away(found: int, rows: list[tuple[str | None, int]]) -> None:
    counted = [Counted(0, "exact", 0, found, 0, None, None)] if found else []
    totals = dict.fromkeys(TOTALS, 0)
    frame = hits_frame(Sample("s", "p"), [TARGET], counted, np.zeros(7, dtype=np.int64), totals, {"m1"})
    assert frame.filter(pl.col("target_kind") == "marker").select("match_class", "reads").rows() == rows
