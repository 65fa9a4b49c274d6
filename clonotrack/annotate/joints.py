"""What happened at the joints: bases inserted between the segments, bases that each segment lost there."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.annotate.index import Index
from clonotrack.germline import Segment
from clonotrack.io.strings import pieces
from clonotrack.sequence import I64

_ORDER = ("v", "d", "d2", "j")


def inserted(calls: NDArray[Any], reads: I64, text: pl.Series) -> dict[str, pl.Series]:
    """`np1`, `np2`, `np3` and their lengths: the bases behind the V, the first and the second D, up to what follows.

    Args:
        calls: of the kernels.
        reads: first letter of each read in `text`.
        text: letters of the reads on the strand of the rearrangement, one value.
    """
    columns = {}
    for number, kind in enumerate(_ORDER[:3], start=1):
        following = np.full(len(calls), -1)
        for other in reversed(_ORDER[number:]):
            following = np.where(calls[other] >= 0, calls[f"{other}_start"], following)
        absent = (calls[kind] < 0) | (following < 0)
        start = calls[f"{kind}_end"]
        length = np.where(absent, 0, np.maximum(following - start, 0))
        columns[f"np{number}"] = pieces(text, reads + start, length)
        columns[f"np{number}_length"] = pl.Series(length).set(pl.Series(absent), None)
    return columns


def lost(calls: NDArray[Any], index: Index) -> dict[str, pl.Series]:
    """Bases deleted from the ends of the segments at the joints, by the first allele of a tie."""
    of_d = _lengths(index.d)
    deleted = {
        "v_3p_del": ("v", _lengths(index.v)[calls["v"]] - calls["v_germline_end"]),
        "d_5p_del": ("d", calls["d_germline_start"]),
        "d_3p_del": ("d", of_d[calls["d"]] - calls["d_germline_end"]),
        "d2_5p_del": ("d2", calls["d2_germline_start"]),
        "d2_3p_del": ("d2", of_d[calls["d2"]] - calls["d2_germline_end"]),
        "j_5p_del": ("j", calls["j_germline_start"]),
    }
    return {name: pl.Series(bases).set(pl.Series(calls[kind] < 0), None) for name, (kind, bases) in deleted.items()}


def _lengths(segments: tuple[Segment, ...]) -> I64:
    return np.array([len(segment.sequence) for segment in segments] or [0], dtype=np.int64)
