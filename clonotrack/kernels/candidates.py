"""What the first filter hands to the comparison: the reads of a batch that hold a seed, and where."""

from __future__ import annotations

from typing import NamedTuple

from clonotrack.sequence import I32, I64, U8


class Candidates(NamedTuple):
    """Places of one batch at which a target may lie.

    Attributes:
        codes: bases of the reads that hold a seed, one after the other, as read, 0 to 4.
        offsets: shape (rows + 1,).
        fragment: shape (rows,); number of each row's fragment in the batch, never falling: mates follow each other.
        row: shape (n,); row of each place, never falling.
        stop: shape (n,); first base after the seed, 0-based in the row.
        key: shape (n,); the seed, two bits a base, first base highest, an unknown base as A.
    """

    codes: U8
    offsets: I64
    fragment: I64
    row: I32
    stop: I32
    key: I32
