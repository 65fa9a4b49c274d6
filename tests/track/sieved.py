"""Reads as text, and all that is looked for beside a piece that they hold: nothing is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import I64, U8, encode
from clonotrack.track.kernels.seed_filter import END, FIRST, VALUE, Index, piece_values
from clonotrack.track.kernels.word_filter import LANES


class Sieved(NamedTuple):
    text: U8
    starts: I64
    ends: I64
    left: I64


def joined_up(reads: Sequence[str]) -> tuple[U8, I64, I64]:
    """The reads one after the other: text, where each starts and ends."""
    lengths = np.array([len(read) for read in reads], dtype=np.int64)
    ends = np.cumsum(lengths)
    return np.frombuffer("".join(reads).encode(), dtype=np.uint8), ends - lengths, ends


def sieved(reads: Sequence[str], index: Index) -> Sieved:
    """The reads one after the other, and the places of `index` whose piece lies where in them."""
    text, starts, ends = joined_up(reads)
    held = index.places[:, 5] > 0
    entries = {
        int(group[VALUE]): [row for row in range(LANES * group[FIRST], LANES * group[END]) if held[row]]
        for group in index.slots[index.slots[:, END] > 0]
    }
    found = [
        (read, place, entry)
        for place, value in enumerate(piece_values(encode("".join(reads))).tolist())
        for read in (int(np.searchsorted(ends, place, side="right")),)
        if place + PIECE <= ends[read]
        for entry in entries.get(value, ())
    ]
    return Sieved(text, starts, ends, np.array(found, dtype=np.int64).reshape(-1, 3))
