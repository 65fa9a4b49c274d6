"""Which target a read belongs to, where it came near several."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64

CONTROL = -1  # group of the controls in the tube
OWN = 0  # group of the markers of the sample's own patient; every other patient has a group of 1 or more
FAR = 1 << 30  # distance of a target that the read does not hold

OTHER, AMBIGUOUS, HIT = 0, 1, 2  # what a read is
NO_CREDIT, TIED, CREDITED = 0, 1, 2  # what a target gets of it


@njit
def credit(near: I64, n_near: int, distance: I64, group: I64, given: I64, shared: I64) -> int:
    """Say which of the targets that a read holds count it.

    The sample's own patient comes first: the nearest of that patient's markers and the controls takes the read,
    and where several of these are equally near, each counts it as ambiguous. Markers of other patients are looked
    at afterwards and change nothing of that: the nearest of them counts the read too, unless a target of the own
    group is nearer; it is ambiguous where a control or another marker of the same patient is equally near.

    Args:
        near: targets that the read holds within their edits; the first `n_near` are valid.
        n_near: how many.
        distance: per target, edits at its best place in the read; only those in `near` are looked at.
        group: per target, `CONTROL`, `OWN` or the number of another patient.
        given: written, per entry of `near`: `NO_CREDIT`, `TIED` (ambiguous) or `CREDITED`.
        shared: written, likewise: 1 where a marker of another patient than its own counts the read as well.

    Returns:
        `HIT` where a target was credited, else `AMBIGUOUS` where one was ambiguous, else `OTHER`.
    """
    own, control, foreign, tied = FAR, FAR, FAR, 0
    for i in range(n_near):
        here = distance[near[i]]
        if group[near[i]] > OWN:
            foreign = min(foreign, here)
            continue
        if group[near[i]] == CONTROL:
            control = min(control, here)
        if here < own:
            own, tied = here, 0
        tied += here == own
    outcome = OTHER
    for i in range(n_near):
        target = near[i]
        here = distance[target]
        given[i] = NO_CREDIT
        if group[target] <= OWN:
            if here != own:
                continue
            clear = tied == 1
        else:
            if here != foreign or foreign > own:
                continue
            clear = control != here
            for j in range(n_near):
                rival = near[j]
                if rival != target and group[rival] == group[target] and distance[rival] == here:
                    clear = False
        given[i] = CREDITED if clear else TIED
        outcome = max(outcome, HIT if clear else AMBIGUOUS)
    for i in range(n_near):
        shared[i] = 0
        for j in range(n_near):
            theirs = group[near[j]]
            if given[i] and given[j] and theirs != group[near[i]] and theirs >= OWN and group[near[i]] >= OWN:
                shared[i] = 1
    return outcome
