"""Assign a read to one of the targets that it matches."""

from __future__ import annotations

from clonotrack.kernels.jit import inlined
from clonotrack.sequences import I64

CONTROL = -1  # owner of the controls in the tube
OWN = 0  # owner of the markers of the sample's own patient; every other patient is an owner of 1 or more
NO_MATCH = 1 << 30  # distance of a target that the read does not match

NO_HIT, AMBIGUOUS_READ, HIT = 0, 1, 2  # outcome of a read
NOT_ASSIGNED, TIED, ASSIGNED = 0, 1, 2  # status of a target that a read matches


@inlined
def assign_read(matched: I64, n_matched: int, distance: I64, owner: I64, status: I64, shared: I64) -> int:
    """Decide which of the targets that a read matches count the read.

    First, the markers of the sample's own patient and the controls of the tube are considered. The target with the
    fewest edits counts the read. If several targets have equally few edits, each of them counts the read as ambiguous.

    Then the markers of other patients are considered; they never change the first decision. Of these markers, those
    with the fewest edits count the read too, unless a target of the own patient or a control has fewer edits. Such a
    marker counts the read as ambiguous if a control, or another marker of the same patient, has equally few edits.

    Args:
        matched: targets that the read matches within their allowed edits; only the first `n_matched` elements are used.
        n_matched: number of these targets.
        distance: edits between read and target at the best position, per target. Only elements of targets in `matched`
            are used.
        owner: `CONTROL`, `OWN` or the number of another patient, per target.
        status: written with `NOT_ASSIGNED`, `TIED` (ambiguous) or `ASSIGNED`, per element of `matched`.
        shared: written with 1 if a marker of another patient counts the read as well, otherwise 0, per element of
            `matched`.

    Returns:
        `HIT` if the read is assigned to a target. Otherwise `AMBIGUOUS_READ` if targets are tied, or `NO_HIT`.
    """
    own, control, foreign, n_nearest = NO_MATCH, NO_MATCH, NO_MATCH, 0
    for i in range(n_matched):
        here = distance[matched[i]]
        if owner[matched[i]] > OWN:
            foreign = min(foreign, here)
            continue
        if owner[matched[i]] == CONTROL:
            control = min(control, here)
        if here < own:
            own, n_nearest = here, 0
        n_nearest += here == own
    outcome = NO_HIT
    for i in range(n_matched):
        target = matched[i]
        here = distance[target]
        status[i] = NOT_ASSIGNED
        if owner[target] <= OWN:
            if here != own:
                continue
            clear = n_nearest == 1
        else:
            if here != foreign or foreign > own:
                continue
            clear = control != here
            for j in range(n_matched):
                rival = matched[j]
                if rival != target and owner[rival] == owner[target] and distance[rival] == here:
                    clear = False
        status[i] = ASSIGNED if clear else TIED
        outcome = max(outcome, HIT if clear else AMBIGUOUS_READ)
    for i in range(n_matched):
        shared[i] = 0
        for j in range(n_matched):
            other = owner[matched[j]]
            if status[i] and status[j] and other != owner[matched[i]] and other >= OWN and owner[matched[i]] >= OWN:
                shared[i] = 1
    return outcome
