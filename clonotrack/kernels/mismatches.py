"""Hamming distance of two stretches, and of a part to its best place in a longer sequence."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.sequence import U8, N


@njit
def mismatches(left: U8, left_start: int, right: U8, right_start: int, length: int, limit: int) -> int:
    """Bases that differ between two stretches of codes; an unknown base differs from every base.

    Args:
        left: codes that hold the first stretch, from `left_start` on.
        left_start: 0-based.
        right: codes that hold the second stretch, from `right_start` on.
        right_start: 0-based.
        length: of both stretches, nt.
        limit: where counting may stop; -1 or more.

    Returns:
        The number of mismatches, or `limit` + 1 where there are more than `limit`.
    """
    found = 0
    for i in range(length):
        base = left[left_start + i]
        if base != right[right_start + i] or base == N:
            found += 1
            if found > limit:
                break
    return min(found, limit + 1)


@njit
def least_mismatches(part: U8, whole: U8, limit: int) -> int:
    """Mismatches of `part` at its best place inside `whole`, one strand, no gaps.

    Returns:
        The least number of mismatches, or `limit` + 1 where every place has more, or `part` is the longer one.
    """
    best = limit + 1
    for start in range(len(whole) - len(part) + 1):
        best = min(best, mismatches(whole, start, part, 0, len(part), best - 1))
    return best
