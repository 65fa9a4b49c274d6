"""How many edits a target is allowed: fewer where edits could make one target of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from clonotrack.errors import TableError
from clonotrack.kernels.mismatches import least_mismatches
from clonotrack.sequence import U8, encode, reverse_complement
from clonotrack.track.targets import Target


def settle_edits(own: Sequence[Target], controls: Sequence[Target], *, refuse: bool) -> list[Target]:
    """One patient's markers and the controls of the tube, each with the edits it is allowed, in order.

    A target is allowed e edits only where every other one of these lies at least 2 e + 1 mismatches away, so that
    no read with e errors is as near to another. Targets of other patients play no part: what a patient's markers
    are allowed never depends on who else is on the run.

    Args:
        own: the patient's markers.
        controls: of the tube.
        refuse: raise where two cannot be told apart; otherwise both are allowed no edit, and their common reads
            are ambiguous. A sample is not refused for another patient's markers.

    Raises:
        TableError: a read of one target always holds another, and `refuse` is set.
    """
    targets = [*own, *controls]
    allowed = [target.edits for target in targets]
    codes = [(encode(t.part), encode(t.whole), encode(reverse_complement(t.whole))) for t in targets]
    for i, j in combinations(range(len(targets)), 2):
        if i >= len(own) and not refuse:
            break  # only controls from here on
        limit = 2 * max(allowed[i], allowed[j])
        apart = min(_distance(codes[i], codes[j], limit), _distance(codes[j], codes[i], limit))
        if apart == 0 and refuse:
            _refuse(targets[i], targets[j])
        clear = max(apart - 1, 0) // 2
        allowed[i], allowed[j] = min(allowed[i], clear), min(allowed[j], clear)
    return [replace(target, edits=edits) for target, edits in zip(targets, allowed, strict=True)]


def _distance(one: tuple[U8, U8, U8], other: tuple[U8, U8, U8], limit: int) -> int:
    """Mismatches of the tracked part of `one` at its best place in the whole of `other`, on either strand."""
    return min(least_mismatches(one[0], whole, limit) for whole in other[1:])


def _refuse(one: Target, other: Target) -> None:
    table = "MARKERS" if "marker" in (one.kind, other.kind) else "CONTROLS"
    raise TableError(
        table,
        "sequence",
        f"{one.kind} {one.target_id!r} and {other.kind} {other.target_id!r} cannot be told apart, a read of one "
        "always holds the other: keep one of them",
    )
