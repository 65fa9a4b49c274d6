"""Bases that reads have at the places of a sequence they are laid along, counted."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.sequence import ENCODE, I64, U8


@njit
def vote(text: U8, starts: I64, ends: I64, begins: I64, turned: I64, size: int, flank: int, votes: I64) -> None:
    """Add the bases of reads to `votes`.

    Args:
        text: ASCII.
        starts: shape (n,); first base of each read.
        ends: the base after its last.
        begins: base of the read at which the sequence, or its reverse complement, begins.
        turned: 1 where it is the reverse complement.
        size: bases of the sequence.
        flank: columns before and after it; what a read has farther away is left out.
        votes: shape (size + 2 flank, 4), added to; column `flank` is the first base of the sequence.
    """
    for read in range(len(starts)):
        for i in range(ends[read] - starts[read]):
            base = int(ENCODE[text[starts[read] + i]])
            place = flank + i - begins[read]
            if turned[read]:
                base = 3 - base
                place = size + 2 * flank - 1 - place
            if 0 <= base <= 3 and 0 <= place < len(votes):
                votes[place, base] += 1
