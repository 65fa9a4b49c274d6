"""Edits that a target is allowed, and how much of it a read has to hold, where it could be taken for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from clonotrack.errors import TableError
from clonotrack.kernels.closeness import edits_of_heads
from clonotrack.sequence import I64, U8, encode
from clonotrack.track.targets import Target

FAR = 1 << 30  # edits to what is not there


def settle_edits(own: Sequence[Target], controls: Sequence[Target], *, refuse: bool) -> list[Target]:
    """One patient's markers and the controls of the tube, each with the edits it is allowed, in order.

    A target is allowed e edits only where every other one of these lies at least 2 e + 1 edits away, so that no read
    with e errors is as near to another. Of a read that ends inside a target, so much has to be there that this holds
    for it too. Targets of other patients play no part: what a patient's markers are allowed never depends on who else
    is on the run.

    Args:
        own: the patient's markers.
        controls: of the tube.
        refuse: raise where two cannot be told apart; otherwise both are allowed no edit, and their common reads
            are ambiguous. A sample is not refused for another patient's markers.

    Raises:
        TableError: a read of one target always holds another, and `refuse` is set.
    """
    targets = [*own, *controls]
    heads, tails = (_apart(targets, turned=turned) for turned in (False, True))
    settled = []
    for i, target in enumerate(targets):
        rivals = [j for j in range(len(targets)) if j != i and (refuse or min(i, j) < len(own))]
        apart = [min(int(heads[i, j][-1]), int(heads[j, i][-1])) for j in rivals]
        if refuse and 0 in apart:
            _refuse(*sorted((target, targets[rivals[apart.index(0)]]), key=targets.index))
        settled.append(_settled(target, min(apart, default=FAR), [(heads[i, j], tails[i, j]) for j in rivals]))
    return settled


def _settled(target: Target, apart: int, rivals: Sequence[tuple[I64, I64]]) -> Target:
    """A target of which the nearest rival is `apart` edits away, and each, of its heads and tails, so many."""
    edits = min(target.edits, max(apart - 1, 0) // 2)
    return replace(
        target,
        edits=edits,
        reason=target.reason if edits == target.edits else f"another marker or control is {apart} edits away",
        least_head=_least(target.least_head, [head for head, _ in rivals], edits),
        least_tail=_least(target.least_tail, [tail for _, tail in rivals], edits),
    )


def _least(bases: int | None, apart: Sequence[I64], edits: int) -> int | None:
    """Bases from which on a part of a target is farther than 2 `edits` from every other target; None if never."""
    if bases is None:
        return None
    far = [np.flatnonzero(of_one > 2 * edits) for of_one in apart]
    return max([bases, *(int(places[0]) for places in far)]) if all(map(len, far)) else None


def _apart(targets: Sequence[Target], *, turned: bool) -> dict[tuple[int, int], I64]:
    """For each pair, fewest edits of the first (turned: last) m bases of the one anywhere in the other, by m."""
    step = -1 if turned else 1
    parts = [encode(target.part)[::step].copy() for target in targets]
    wholes = [encode(target.whole)[::step].copy() for target in targets]
    return {
        (i, j): np.minimum(edits_of_heads(parts[i], wholes[j]), edits_of_heads(parts[i], _complement(wholes[j])))
        for i, j in permutations(range(len(targets)), 2)
    }


def _complement(codes: U8) -> U8:
    return 3 - codes[::-1]


def _refuse(one: Target, other: Target) -> None:
    table = "MARKERS" if "marker" in (one.kind, other.kind) else "CONTROLS"
    raise TableError(
        table,
        "sequence",
        f"{one.kind} {one.target_id!r} and {other.kind} {other.target_id!r} cannot be told apart, a read of one "
        "always holds the other: keep one of them",
    )
