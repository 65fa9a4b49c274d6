"""Provide naive twins of `clonotrack.annotate.kernels.chimera`."""

from __future__ import annotations

from collections.abc import Sequence

from clonotrack.annotate.kernels.chimera import (
    BREAKPOINT_STEP,
    MIN_GAIN,
    MIN_MISMATCHES,
    MIN_OUTSIDE,
    MIN_SECOND_V_SCORE,
    SAME_V_MARGIN,
)
from clonotrack.annotate.kernels.types import Germline
from clonotrack.sequences import reverse_complement
from tests.annotate.twins.cigar import count, operations
from tests.annotate.twins.complete_calls import CompletedCall
from tests.annotate.twins.find_vj import v_candidates
from tests.annotate.twins.score_alleles import score_alleles
from tests.annotate.twins.types import Allele, alleles


def find_chimeras(calls: Sequence[CompletedCall | None], positions: Sequence[int], germline: Germline) -> list[bool]:
    """Find the reads that contain parts of two rearrangements; `positions` are the positions of their V groups."""
    return [
        call is not None and is_chimeric(call, position, germline)
        for call, position in zip(calls, positions, strict=True)
    ]


def is_chimeric(call: CompletedCall, position: int, germline: Germline) -> bool:
    """Decide whether a read contains parts of two rearrangements; `position` is the position of its V group."""
    v = call.v
    mismatches = count(v.columns, call.read, v.allele.sequence)[1]
    if len(operations(v.columns)) == 1 and mismatches >= MIN_MISMATCHES:
        group = [a for a in alleles(germline.v) if a.group == v.allele.group]
        if two_allele_gain(call.read, group, position, v.start[0], v.end[0]) >= MIN_GAIN:
            return True
    before, after = call.read[: v.start[0]], call.read[call.j.end[0] :]
    return (len(before) >= MIN_OUTSIDE and contains_v(before, v.allele, germline)) or (
        len(after) >= MIN_OUTSIDE and contains_v(after, None, germline)
    )


def two_allele_gain(read: str, group: list[Allele], position: int, start: int, end: int) -> int:
    """Return the matches of the best two alleles, one after the other, minus those of the best single allele."""

    def matches(allele: Allele, first: int, last: int) -> int:
        at = [(i, i - position + allele.origin) for i in range(first, last)]
        return sum(0 <= g < len(allele.sequence) and read[i] == allele.sequence[g] for i, g in at)

    whole = max(matches(allele, start, end) for allele in group)
    turns = [
        max(matches(a, start, turn) for a in group) + max(matches(a, turn, end) for a in group)
        for turn in range(start + BREAKPOINT_STEP, end, BREAKPOINT_STEP)
    ]
    return max([whole, *turns]) - whole


def contains_v(stretch: str, called_v: Allele | None, germline: Germline) -> bool:
    """Decide whether a stretch contains, on either strand, a V other than the called V."""
    strands = [stretch, reverse_complement(stretch)]
    for group, position, _, is_reversed in v_candidates(strands, germline, germline.v_seeds.k, 1):
        members = [a for a in alleles(germline.v) if a.group == group]
        scores = score_alleles(strands[is_reversed], members, position, 0, MIN_SECOND_V_SCORE)
        best = max(scores.values(), default=0)
        same = not is_reversed and called_v in members and scores.get(called_v, 0) >= best - SAME_V_MARGIN  # type: ignore[arg-type]
        if best >= MIN_SECOND_V_SCORE and not same:
            return True
    return False
