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
from clonotrack.kernels.sieve import BYTE, PIECE, ROOM, VALUE_BITS, Sieve, sift
from clonotrack.sequence import I32, I64, U8, U64

VALUE, FIRST, RIGHT, END = range(4)  # columns of `Index.slots`
READ, TEXT, ENTRY = range(3)  # columns of what is left

_VALUE = (1 << VALUE_BITS) - 1


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
    """Enter groups of distinct values into an empty hash table (all 0) that is longer."""
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
    longest = 0
    for i in range(len(starts)):
        longest = max(longest, ends[i] - starts[i])
    packed = np.zeros(longest // BYTE + 2 * ROOM, np.uint8)
    passed, found = np.empty(longest // BYTE + 1, np.int64), np.empty(longest + BYTE, np.int64)
    done, kept, left = 0, 0, np.empty((1024, 3), np.int64)
    while done < len(starts):
        done, kept = _narrow(text, starts, ends, sieve, index, packed, passed, found, done, left, kept)
        if done < len(starts):
            left = grown(left, 2 * len(left))
    return left[:kept]


@leaf
def _narrow(
    text: U8,
    starts: I64,
    ends: I64,
    sieve: Sieve,
    index: Index,
    packed: U8,
    passed: I64,
    found: I64,
    done: int,
    left: I64,
    kept: int,
) -> tuple[int, int]:
    """`narrow` as far as there is room: how many reads are done, and how many rows of `left` are filled."""
    slots, windows = index.slots, index.windows
    for i in range(done, len(starts)):
        before, length = kept, ends[i] - starts[i]
        for piece in range(sift(text, starts[i], length, sieve, packed, passed, found)):
            place, slot = found[piece] >> VALUE_BITS, slot_of(found[piece] & _VALUE, slots)
            if place < 0 or place + PIECE > length:
                continue
            if kept + LANES * (slots[slot, END] - slots[slot, FIRST]) > len(left):
                return i, before
            for row in range(slots[slot, FIRST], slots[slot, END]):
                begin = BYTE * ROOM + place + (PIECE if row >= slots[slot, RIGHT] else -WINDOW)
                lanes = alike(windows, row, packed, begin)
                if lanes:
                    for lane in range(LANES):
                        left[kept, READ], left[kept, TEXT] = i, starts[i] + place
                        left[kept, ENTRY] = LANES * row + lane
                        kept += lanes >> lane & 1
    return len(starts), kept
