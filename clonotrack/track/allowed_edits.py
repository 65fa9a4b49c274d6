"""Edits that a target is allowed, and how much of it a read has to hold, where it could be taken for another.

What else counts for a patient's own markers: reads that end inside the target, and reads of cells that evolved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from clonotrack.config import Track
from clonotrack.errors import GermlineError, TableError
from clonotrack.germline import Reference
from clonotrack.pgen.allowed_edits import Background, edits_for_errors, matching_errors
from clonotrack.sequences import I64, U8, encode
from clonotrack.track.kernels.distance import edits_of_heads
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


_MISMATCH = 2  # cost of a mismatch between V and its germline, in matches
_MOST_FAR = 12
_BY_ERRORS = 1e-6  # share of a marker's reads that may have as many errors as an evolved read has substitutions


def with_relatives(target: Target, background: Background, reference: Reference, settings: Track) -> Target:
    """A marker with how much of it a read may lack, and how far a read of an evolved cell may be.

    METHOD: both stand on one rule: what a read shows must be so rare that fewer than `false_hit_rate` of background
    reads have it, within the edits of the marker. Where the whole marker is not so rare, or its system has no model,
    nothing but whole targets counts.
    """
    if not _is_rare(target, target.part, target.edits, background, settings):
        return target
    size = len(target.part)
    parts = [target.part[:bases] for bases in range(size)], [target.part[size - bases :] for bases in range(size)]
    heads, tails = (
        bisect_left(
            range(size),
            True,
            lo=min(settings.min_overlap, size),
            key=lambda bases: _is_rare(target, of_end[bases], target.edits, background, settings),
        )
        for of_end in parts
    )
    found = replace(target, least_head=heads if heads < size else None, least_tail=tails if tails < size else None)
    far, apart = _far(target, background, settings), edits_for_errors(size, settings.error_rate, _BY_ERRORS) + 1
    found = replace(found, apart=apart, far=far if far >= apart else -1)
    stem = _stem(target, reference)
    if stem is None:
        return found
    inside = [e for e in range(target.edits + 1) if _is_rare(target, target.part[stem:], e, background, settings)]
    return replace(found, stem=stem, stem_edits=max(inside)) if inside else found


def _is_rare(target: Target, part: str, edits: int, background: Background, settings: Track) -> bool:
    """Whether so few background reads are within `edits` of a part, or come to be by errors."""
    near = background.near(part, target.system, target.junction, edits + 3)
    if near is None:
        return False
    return float(near[: edits + 1].sum()) + matching_errors(near, edits, settings.error_rate) <= settings.false_hit_rate


def _far(target: Target, background: Background, settings: Track) -> int:
    """Most substitutions of a read that no background read is likely to have; -1 without a model."""
    most = min(len(target.part) // 4, _MOST_FAR)
    near = background.near(target.part, target.system, target.junction, most)
    if near is None:
        return -1
    return int((np.cumsum(near) <= settings.false_hit_rate).sum()) - 1


def _stem(target: Target, reference: Reference) -> int | None:
    """First base of the part behind the V; None where the V is not known, or the part holds nothing of it."""
    try:
        segment = reference.alleles((target.v_call or "").split(",")[0])[0]
    except GermlineError:
        return None
    end = _end_of(encode(target.whole), encode(segment.sequence)) - target.start
    return end if 0 < end < len(target.part) else None


def _end_of(whole: U8, germline: U8) -> int:
    """Base behind the best ungapped match of a sequence with a segment."""
    best, end = 0, 0
    for shift in range(-len(germline) + 1, len(whole)):
        first, last = max(0, shift), min(len(whole), shift + len(germline))
        scores = np.where(whole[first:last] == germline[first - shift : last - shift], 1, -_MISMATCH).cumsum()
        gain = scores - np.minimum.accumulate(np.minimum(scores, 0))
        place = int(gain.argmax())
        if gain[place] > best:
            best, end = int(gain[place]), first + place + 1
    return end
