"""Reads as text, and the first filter done by comparison of every piece with every stretch of every read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clonotrack.kernels.sieve import PIECE
from clonotrack.sequence import I32, I64, U8, encode
from clonotrack.track.places import piece_values


class Sieved(NamedTuple):
    text: U8
    starts: I64
    ends: I64
    read: I32
    place: I64
    piece: I32


def sieved(reads: Sequence[str], values: I64) -> Sieved:
    """The reads one after the other, and where in them a piece lies."""
    joined = "".join(reads)
    lengths = np.array([len(read) for read in reads], dtype=np.int64)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    found = piece_values(encode(joined))
    place = np.flatnonzero(np.isin(found, values))
    read = np.searchsorted(ends, place, side="right")
    inside = place + PIECE <= ends[read]
    text = np.frombuffer(joined.encode(), dtype=np.uint8)
    return Sieved(
        text, starts, ends, read[inside].astype(np.int32), place[inside], found[place[inside]].astype(np.int32)
    )
