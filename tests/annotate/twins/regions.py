"""Naive twin of `clonotrack.annotate.kernels.frame`, on columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from clonotrack.annotate.kernels.frame import REGIONS
from tests.annotate.twins.complete_calls import Settled
from tests.annotate.twins.pieces import Column


def place_regions(calls: Sequence[Settled | None], starts: Sequence[Sequence[int]]) -> list[list[tuple[int, int]]]:
    """First base and the base behind the last of the seven regions of each call; (-1, -1) where there is none."""
    return [[(-1, -1)] * REGIONS if call is None else of_call(call, starts[call.v.allele.number]) for call in calls]


def of_call(call: Settled, starts: Sequence[int]) -> list[tuple[int, int]]:
    on_v, on_j = call.frame["v_anchor"], call.frame["j_anchor"]
    found = [(-1, -1)] * REGIONS
    if starts[1] >= 0:
        bounds = [*starts, call.v.allele.anchor + 3]
        found[:5] = [span(call.v.columns, first, last) for first, last in pairwise(bounds)]
        if on_v >= 0 and found[4][0] >= 0:
            found[4] = found[4][0], on_v + 3
    if on_v >= 0 and on_j >= on_v + 3:
        found[5] = on_v + 3, on_j
    if on_j >= 0 and call.j.end[0] > on_j:
        found[6] = on_j, call.j.end[0]
    return found


def span(columns: list[Column], first: int, last: int) -> tuple[int, int]:
    """The read's bases beside bases ``first:last`` of the allele."""
    beside = [i for i, g in columns if g is not None and first <= g < last and i is not None]
    return (beside[0], beside[-1] + 1) if beside else (-1, -1)
