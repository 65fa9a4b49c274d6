"""Provide a naive twin of `clonotrack.annotate.kernels.frame.locate_regions`, with columns of alignments."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from clonotrack.annotate.kernels.frame import REGIONS
from tests.annotate.twins.cigar import Column
from tests.annotate.twins.complete_calls import CompletedCall


def locate_regions(
    calls: Sequence[CompletedCall | None], starts: Sequence[Sequence[int]]
) -> list[list[tuple[int, int]]]:
    """Return the half-open intervals of the seven regions of each call; (-1, -1) for a missing region."""
    return [[(-1, -1)] * REGIONS if call is None else of_call(call, starts[call.v.allele.number]) for call in calls]


def of_call(call: CompletedCall, starts: Sequence[int]) -> list[tuple[int, int]]:
    v_on_read, j_on_read = call.frame["v_anchor"], call.frame["j_anchor"]
    found = [(-1, -1)] * REGIONS
    if starts[1] >= 0:
        bounds = [*starts, call.v.allele.anchor + 3]
        found[:5] = [span(call.v.columns, first, last) for first, last in pairwise(bounds)]
        if v_on_read >= 0 and found[4][0] >= 0:
            found[4] = found[4][0], v_on_read + 3
    if v_on_read >= 0 and j_on_read >= v_on_read + 3:
        found[5] = v_on_read + 3, j_on_read
    if j_on_read >= 0 and call.j.end[0] > j_on_read:
        found[6] = j_on_read, call.j.end[0]
    return found


def span(columns: list[Column], first: int, last: int) -> tuple[int, int]:
    """Return the interval of the read that is aligned with bases ``first:last`` of the allele."""
    aligned = [i for i, g in columns if g is not None and first <= g < last and i is not None]
    return (aligned[0], aligned[-1] + 1) if aligned else (-1, -1)
