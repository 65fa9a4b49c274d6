"""Which targets a read may hold where it has one of their pieces: nearly all of a large programme's are refused here.

A piece of a V or J segment stands in the targets of many patients. Those that share it are one *group*, and the read is
compared with all of them, four at a time, in packed bases, by a *window* of 27 nt beside the piece.

Where a read holds a whole target with at most e edits, and the stretch around this piece has none of them, all are in
what is beside the stretch. An edit touches at most one of the *words* there, of 3 nt each, and a word that none touches
stands in the read, moved by no more than e places. So where more than e words do not stand near their place, the
target is refused, with certainty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.growing import grown
from clonotrack.kernels.jit import leaf, njit
from clonotrack.kernels.lanes import LANES, WINDOW, alike
from clonotrack.kernels.sieve import BYTE, PIECE, ROOM, Sieve, sift
from clonotrack.sequence import I32, I64, U8, U64

VALUE, FIRST, RIGHT, END = range(4)  # columns of `Index.slots`
READ, PLACE, ENTRY = range(3)  # columns of what is left


class Index(NamedTuple):
    """Where the pieces of all probes are found by their value; see `clonotrack.track.places`.

    Attributes:
        slots: open-addressing hash table of groups, its length a power of two, shape (slots, 4): value of the piece;
            its first row of `windows`; the first that is of what follows the piece, those before it being of what
            precedes it; the row after its last. The last three are 0 where nothing is.
        windows: shape (rows, 2 `LANES`): window of each of four targets, then what it is judged by, see
            `clonotrack.kernels.lanes`.
        places: shape (`LANES` rows, 6), what the comparison needs of each: number of the probe; first base of the piece
            in it; first base of the stretch around the piece of which an untouched copy is in the read too, and the
            base after it; where the probe's codes begin, and how many they are.
    """

    slots: I32
    windows: U64
    places: I32


@leaf
def slot_of(value: int, slots: I32) -> int:
    """Where a value stands in the hash table, or else the free place for it (Fibonacci hashing)."""
    slot = (int(value) * 0x9E3779B1 >> 16) & (len(slots) - 1)
    while slots[slot, END] and slots[slot, VALUE] != value:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@njit
def fill_slots(groups: I32, slots: I32) -> None:
    """Enter groups of distinct values into an empty hash table (all 0) at least twice as long."""
    for i in range(len(groups)):
        slot = slot_of(groups[i, VALUE], slots)
        for column in range(4):
            slots[slot, column] = groups[i, column]


@njit
def narrow(text: U8, starts: I64, ends: I64, sieve: Sieve, index: Index) -> I64:
    """The targets that reads may hold, each by the place that one of its pieces gives it.

    Args:
        text: letters, upper or lower case.
        starts: read i is ``text[starts[i]:ends[i]]``.
        ends: see `starts`.
        sieve: of the pieces of `index`.
        index: what each piece is of.

    Returns:
        Shape (n, 3): number of the read, place of the piece in the text, and row of `index.places`; ordered by read.
    """
    slots, windows = index.slots, index.windows
    longest = 0
    for i in range(len(starts)):
        longest = max(longest, ends[i] - starts[i])
    packed = np.zeros(longest // BYTE + 2 * ROOM, np.uint8)
    passed, place, value = (
        np.empty(longest + 1, np.int64),
        np.empty(longest + 1, np.int64),
        np.empty(longest + 1, np.int64),
    )
    left, kept = np.empty((1024, 3), np.int64), 0
    for i in range(len(starts)):
        for piece in range(sift(text, starts[i], ends[i] - starts[i], sieve, packed, passed, place, value)):
            slot = slot_of(value[piece], slots)
            for row in range(slots[slot, FIRST], slots[slot, END]):
                begin = BYTE * ROOM + place[piece] + (PIECE if row >= slots[slot, RIGHT] else -WINDOW)
                found = alike(windows, row, packed, begin)
                if found:
                    if kept + LANES > len(left):
                        left = grown(left, kept + LANES)
                    for lane in range(LANES):
                        left[kept, READ], left[kept, PLACE] = i, starts[i] + place[piece]
                        left[kept, ENTRY] = LANES * row + lane
                        kept += found >> lane & 1
    return left[:kept]
