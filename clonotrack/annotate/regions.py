"""Coordinates of FWR1 to FWR4 and CDR1 to CDR3."""

from __future__ import annotations

from typing import Any

import polars as pl
from numpy.typing import NDArray

from clonotrack.annotate.index import Index
from clonotrack.kernels.regions import place_regions
from clonotrack.kernels.settlement import Details

NAMES = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")


def regions(calls: NDArray[Any], details: Details, index: Index) -> dict[str, pl.Series]:
    """1-based closed coordinates of each region that is on the read, null for the others."""
    first, last = place_regions(calls, details.pieces, details.piece_offsets, index.germline, index.regions)
    columns = {}
    for name, starts, ends in zip(NAMES, first, last, strict=True):
        none = pl.Series(starts < 0)
        columns[f"{name}_start"] = pl.Series(starts + 1).set(none, None)
        columns[f"{name}_end"] = pl.Series(ends).set(none, None)
    return columns
