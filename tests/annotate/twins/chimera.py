"""Naive twin of `clonotrack.annotate.kernels.chimera`."""

from __future__ import annotations

from collections.abc import Sequence

from clonotrack.annotate.kernels.chimera import GAIN, LEAST_MISMATCHES, LEAST_REST, LEAST_SCORE, SAME, STEP
from clonotrack.annotate.kernels.types import Germline
from clonotrack.sequences import reverse_complement
from tests.annotate.twins.complete_calls import Settled
from tests.annotate.twins.pairing import candidates
from tests.annotate.twins.pieces import count, pieces
from tests.annotate.twins.placement import score_alleles
from tests.annotate.twins.types import Allele, alleles


def find_chimeras(calls: Sequence[Settled | None], places: Sequence[int], germline: Germline) -> list[bool]:
    """Whether each read holds parts of two rearrangements; `places` are those of the V groups."""
    return [call is not None and is_chimeric(call, place, germline) for call, place in zip(calls, places, strict=True)]


def is_chimeric(call: Settled, place: int, germline: Germline) -> bool:
    """Whether a read holds parts of two rearrangements; `place` is that of its V group."""
    v = call.v
    mismatches = count(v.columns, call.read, v.allele.sequence)[1]
    if len(pieces(v.columns)) == 1 and mismatches >= LEAST_MISMATCHES:
        group = [a for a in alleles(germline.v) if a.group == v.allele.group]
        if gain_of_two(call.read, group, place, v.start[0], v.end[0]) >= GAIN:
            return True
    before, behind = call.read[: v.start[0]], call.read[call.j.end[0] :]
    return (len(before) >= LEAST_REST and holds_v(before, v.allele, germline)) or (
        len(behind) >= LEAST_REST and holds_v(behind, None, germline)
    )


def gain_of_two(read: str, group: list[Allele], place: int, start: int, end: int) -> int:
    """Matches of the best two alleles, the second from any step on, less those of the best one."""

    def matches(allele: Allele, first: int, last: int) -> int:
        at = [(i, i - place + allele.origin) for i in range(first, last)]
        return sum(0 <= g < len(allele.sequence) and read[i] == allele.sequence[g] for i, g in at)

    whole = max(matches(allele, start, end) for allele in group)
    turns = [
        max(matches(a, start, turn) for a in group) + max(matches(a, turn, end) for a in group)
        for turn in range(start + STEP, end, STEP)
    ]
    return max([whole, *turns]) - whole


def holds_v(rest: str, known: Allele | None, germline: Germline) -> bool:
    """Whether a stretch holds a V that is not the known one."""
    strands = [rest, reverse_complement(rest)]
    for group, place, _, turned in candidates(strands, germline, germline.v_seeds.k, 1):
        members = [a for a in alleles(germline.v) if a.group == group]
        scores = score_alleles(strands[turned], members, place, 0, LEAST_SCORE)
        best = max(scores.values(), default=0)
        same = not turned and known in members and scores.get(known, 0) >= best - SAME  # type: ignore[arg-type]
        if best >= LEAST_SCORE and not same:
            return True
    return False
