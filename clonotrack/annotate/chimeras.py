"""Reads that hold parts of two rearrangements."""

from __future__ import annotations

import polars as pl

from clonotrack.annotate.index import Index
from clonotrack.kernels.chimera import find_chimeras
from clonotrack.kernels.pairing import Pairs
from clonotrack.sequence import I64


def chimeras(offsets: I64, pairs: Pairs, index: Index) -> dict[str, pl.Series]:
    """`chimeric`: whether the read holds parts of two rearrangements; null where there is no call."""
    found = find_chimeras(pairs.oriented, offsets, pairs.calls, index.germline)
    return {"chimeric": pl.Series(found).set(pl.Series(pairs.calls["found"] == 0), None)}
