"""Whether a read can hold a target with few edits, gaps among them: a test that costs next to nothing."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.kernels.loads import load_u64
from clonotrack.sequence import U8

WORD = 8  # nt, compared at once


@njit
def plausible(
    read: U8, length: int, begin: int, probe: U8, origin: int, size: int, low: int, high: int, most: int
) -> bool:
    """Whether the rest of a target may stand in the read with at most so many edits, beside a stretch that does.

    Of ``most + 1`` words of the rest that do not overlap, one has no edit, and with at most so many inserted or
    deleted bases between it and the stretch it is moved by no more. So where none of them stands in the read within
    `most` places of where it would without gaps, there are more edits; nothing that holds the target is refused.

    Args:
        read: codes.
        length: of the read.
        begin: base of the read at which the target begins, were there no gaps.
        probe: codes that hold the target from `origin` on.
        origin: see `probe`.
        size: bases of the target.
        low: first base of the stretch that stands in the read unchanged, in the target.
        high: the base after it.
        most: edits of the rest.

    Returns:
        False only where there are more edits; True where the read may end in the rest, or it has too few words.
    """
    if begin < most or begin + size + most > length or low // WORD + (size - high) // WORD <= most:
        return True
    left = low // WORD
    for word in range(most + 1):
        place = low - WORD * (word + 1) if word < left else high + WORD * (word - left)
        wanted = load_u64(probe, origin + place)
        for shift in range(-most, most + 1):
            if load_u64(read, begin + place + shift) == wanted:
                return True
    return False
