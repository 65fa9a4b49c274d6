"""Naive twin of `clonotrack.track.kernels.assign`: the rules as one would say them."""

from __future__ import annotations

from clonotrack.track.kernels.assign import AMBIGUOUS, CONTROL, HIT, OTHER, OWN


def credit(near: dict[int, int], group: list[int]) -> tuple[int, set[tuple[int, int, int]]]:
    """Outcome of a read and the (target, class, distance) that count it; class 0 credited, 1 ambiguous.

    Args:
        near: distance of each target that the read holds within its edits.
        group: whose each target is.
    """
    tube = {t: d for t, d in near.items() if group[t] in (OWN, CONTROL)}
    foreign = {t: d for t, d in near.items() if group[t] not in (OWN, CONTROL)}
    counted: set[tuple[int, int, int]] = set()
    nearest = {t for t in tube if tube[t] == min(tube.values())}
    counted |= {(t, int(len(nearest) > 1), tube[t]) for t in nearest}
    if foreign and min(foreign.values()) <= min(tube.values(), default=99):
        nearest = {t for t in foreign if foreign[t] == min(foreign.values())}
        for t in nearest:
            rivals = {r for r in nearest - {t} if group[r] == group[t]}
            rivals |= {r for r in tube if group[r] == CONTROL and tube[r] == foreign[t]}
            counted.add((t, int(bool(rivals)), foreign[t]))
    if any(kind == 0 for _, kind, _ in counted):
        return HIT, counted
    return (AMBIGUOUS if counted else OTHER), counted
