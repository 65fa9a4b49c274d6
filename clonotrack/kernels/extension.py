"""Edits from a place that read and target share, to the end of the target or of the read."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8

_NONE = -(1 << 30)  # a diagonal that so few edits do not reach


@njit
def extend(
    read: U8, at: int, n_read: int, target: U8, start: int, n_target: int, step: int, limit: int, rows: I64, cut: I64
) -> int:
    """Fewest edits that bring read and target, from one place on, to the end of the target.

    METHOD: furthest-reaching points on diagonals (Ukkonen 1985, Inf Control 64:100; Landau & Vishkin 1989, J
    Algorithms 10:157). With e edits a diagonal is followed as far as it goes; the next edit leaves it by a
    substitution, an inserted or a missing base. Few edits touch few diagonals, whatever the lengths.

    Args:
        read: codes; an unknown base is none of the target's.
        at: first base that is compared.
        n_read: bases of the read from there on, in the direction of `step`.
        target: codes.
        start: first base that is compared.
        n_target: bases of the target from there on.
        step: 1 to the right, -1 to the left.
        limit: most edits.
        rows: scratch, shape (2, 2 limit + 3) at least.
        cut: written, shape (limit + 1,): the most bases of the target that are used up with so many edits when the
            read ends; -1 where the read does not end within them.

    Returns:
        The edits, `limit` + 1 where there are more.
    """
    middle = limit + 1
    for diagonal in range(2 * limit + 3):
        rows[0, diagonal] = _NONE
        rows[1, diagonal] = _NONE
    for edits in range(limit + 1):
        now, before = edits & 1, 1 - (edits & 1)
        cut[edits] = cut[edits - 1] if edits else -1
        for shift in range(-edits, edits + 1):  # bases of the read less bases of the target
            place = middle + shift
            reached = 0
            if edits:
                reached = max(rows[before, place], rows[before, place + 1]) + 1
                reached = max(reached, rows[before, place - 1])
            reached = min(reached, n_target, n_read - shift)
            while reached < n_target and reached + shift < n_read:
                if read[at + step * (reached + shift)] != target[start + step * reached]:
                    break
                reached += 1
            rows[now, place] = reached
            if reached == n_target:
                return edits
            if reached + shift == n_read:
                cut[edits] = max(cut[edits], reached)
    return limit + 1
