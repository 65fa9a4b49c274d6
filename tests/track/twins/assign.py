"""Naive twin of `clonotrack.track.kernels.assign`: the rules with sets."""

from __future__ import annotations

from clonotrack.track.kernels.assign import AMBIGUOUS_READ, CONTROL, HIT, NO_HIT, OWN


def assign_read(matched: dict[int, int], owner: list[int]) -> tuple[int, set[tuple[int, int, int]]]:
    """Outcome of a read, and (target, tied, distance) of each target that counts it; tied is 0 or 1.

    Args:
        matched: distance of each target that the read matches within its edits.
        owner: of each target.
    """
    tube = {t: d for t, d in matched.items() if owner[t] in (OWN, CONTROL)}
    foreign = {t: d for t, d in matched.items() if owner[t] not in (OWN, CONTROL)}
    counted: set[tuple[int, int, int]] = set()
    nearest = {t for t in tube if tube[t] == min(tube.values())}
    counted |= {(t, int(len(nearest) > 1), tube[t]) for t in nearest}
    if foreign and min(foreign.values()) <= min(tube.values(), default=99):
        nearest = {t for t in foreign if foreign[t] == min(foreign.values())}
        for t in nearest:
            rivals = {r for r in nearest - {t} if owner[r] == owner[t]}
            rivals |= {r for r in tube if owner[r] == CONTROL and tube[r] == foreign[t]}
            counted.add((t, int(bool(rivals)), foreign[t]))
    if any(tied == 0 for _, tied, _ in counted):
        return HIT, counted
    return (AMBIGUOUS_READ if counted else NO_HIT), counted
