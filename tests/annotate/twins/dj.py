"""Provide naive twins of `clonotrack.annotate.kernels.dj`: incomplete rearrangements of reads given as strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.dj import (
    CERTAIN_FLANK_SCORE,
    FEW_BASES,
    MAX_BASES_BEFORE_D,
    MAX_D_EVALUE,
    MAX_FLANK,
    MAX_J_DISTANCE,
    MAX_JUNCTION_LENGTH,
    MIN_FLANK,
    MIN_J_SCORE,
    MISMATCH_COST,
    ExtendedAlleles,
)
from clonotrack.annotate.kernels.find_vj import CANDIDATES, MIN_J_DISTANCE, MIN_J_VOTES, V_OVERSHOOT
from clonotrack.annotate.kernels.frame import KEY_BASES
from clonotrack.annotate.kernels.types import Germline, Limits, Segments
from clonotrack.sequences import reverse_complement
from tests.annotate.twins.align_vj import Aligned
from tests.annotate.twins.cigar import operations
from tests.annotate.twins.complete_calls import CompletedCall
from tests.annotate.twins.find_d import Match, first_kmer, matches
from tests.annotate.twins.find_vj import Pair, PlacedSegment, best_j
from tests.annotate.twins.score_alleles import highest, score_alleles, ungapped_run
from tests.annotate.twins.seeds import select_candidates, votes
from tests.annotate.twins.types import Allele, alleles, votable
from tests.annotate.twins.ungapped import match_evalue


@dataclass(frozen=True)
class DJAtStart:
    """A pair whose V is a D with its flank, and the E-value of the D."""

    pair: Pair
    evalue: float


def find_dj_at_start(
    reads: Sequence[str], germline: Germline, short_flank_d: Segments, left: ExtendedAlleles, limits: Limits
) -> list[DJAtStart | None]:
    """Find D and J of each read that begins within its D or the last bases of its flank."""
    return [find_dj(read, germline, short_flank_d, left, limits) for read in reads]


def find_dj(
    read: str, germline: Germline, short_flank_d: Segments, left: ExtendedAlleles, limits: Limits
) -> DJAtStart | None:
    strands = [read, reverse_complement(read)]
    js = [find_j(strand, germline, limits) for strand in strands]
    scores = [0 if j is None else j.score for j in js]
    is_reversed = scores[1] > scores[0]
    read, j = strands[is_reversed], js[is_reversed]
    if j is None or j.start > MAX_J_DISTANCE:
        return None
    order = [int(germline.d.alleles["order"][d.number]) for d in alleles(germline.d)]
    allowed = [
        bool(germline.d_joins_j[j.group][d]) and 0 < order[d] < j.ties[0].order for d in range(len(germline.d.origin))
    ]
    for segments in (germline.d, short_flank_d):
        ds = [d for d in alleles(segments) if allowed[d.number]]
        found = d_at_start(read[: j.start], ds, germline.d_seeds.k)
        if found is not None:
            d, position, evalue = found
            position += d.anchor if segments is short_flank_d else 0
            own = next(a for a in alleles(germline.v) if left.is_d[a.number] and left.allele[a.number] == d.number)
            group = [a for a in alleles(germline.v) if a.group == own.group]
            scored = score_alleles(read, group, position, 0, 0)
            ties = highest(scored)
            v = PlacedSegment(own.group, position, scored[ties[0]], ties, *ungapped_run(read, 0, ties[0], position)[1:])
            return DJAtStart(Pair(is_reversed, read, v, j, max(0, v.end - V_OVERSHOOT)), evalue)
    return None


def find_j(read: str, germline: Germline, limits: Limits) -> PlacedSegment | None:
    """Find the J anywhere in a read by k-mers."""
    counted = votes(read, votable(germline.j), germline.j_seeds.k)
    proposed = [
        (group, position) for group, position, _ in select_candidates(counted, MIN_J_VOTES, MIN_J_DISTANCE, CANDIDATES)
    ]
    return best_j(read, 0, proposed, alleles(germline.j), MIN_J_SCORE, limits.max_j_evalue)


def d_at_start(stretch: str, ds: list[Allele], k: int) -> tuple[Allele, int, float] | None:
    """Find the best D, its position and E-value; None if it starts too late or is not significant."""
    found = [(d, *match) for d in ds for match in matches(stretch, d.sequence, MISMATCH_COST, 1, k)]
    best = max((score for _, score, *_ in found), default=0)
    if best == 0:
        return None
    first = min(d.number for d, score, *_ in found if score == best)
    d, _, i, g, _ = min(
        (one for one in found if one[0].number == first and one[1] == best),
        key=lambda one: first_kmer(stretch, one[0].sequence, one[2] - one[3], k),
    )
    evalue = match_evalue(best, MISMATCH_COST, (MAX_BASES_BEFORE_D + 1) * sum(len(one.sequence) for one in ds))
    return (d, i - g, evalue) if i <= MAX_BASES_BEFORE_D and evalue <= MAX_D_EVALUE else None


@dataclass(frozen=True)
class ConvertedCall:
    """A call of the reference: numbers of V and J (-1 for none), D, ties, operations, key region."""

    v: int
    j: int
    d: list[Match]
    ties: list[list[int]]
    operations: list[list[tuple[int, int]]]
    key: tuple[int, int]


def convert_incomplete(
    calls: Sequence[CompletedCall | None], left: ExtendedAlleles, right: ExtendedAlleles
) -> list[ConvertedCall | None]:
    """Convert calls against the extended germline to calls of the reference; None if a read has no rearrangement."""
    return [
        None if call is None or not is_incomplete(call, left, right) else convert_call(call, left, right)
        for call in calls
    ]


def is_incomplete(call: CompletedCall, left: ExtendedAlleles, right: ExtendedAlleles) -> bool:
    v, j = call.v.allele.number, call.j.allele.number
    if call.j.start[0] - call.v.end[0] > MAX_JUNCTION_LENGTH:
        return False
    if left.is_d[v]:
        begins_in_d = left.first[v] - call.v.start[1] < MIN_FLANK and call.v.start[0] > MAX_BASES_BEFORE_D
        after = call.read[call.v.end[0] + int(left.last[v]) - call.v.end[1] :]
        if begins_in_d or matches_flank(after, flank(left, v)):
            return False
    if right.is_d[j]:
        whole = not left.is_d[v] and left.last[v] - call.v.end[1] < FEW_BASES
        if whole and right.last[j] - call.j.start[1] < FEW_BASES and call.j.score < CERTAIN_FLANK_SCORE:
            return False
        ends_in_d = call.j.end[1] - right.last[j] < MIN_FLANK and len(call.read) - call.j.end[0] > MAX_BASES_BEFORE_D
        before = call.read[: max(0, call.j.start[0] - call.j.start[1])]
        if ends_in_d or matches_flank(before[::-1], flank(right, j)[::-1]):
            return False
    return True


def flank(extended_alleles: ExtendedAlleles, allele: int) -> str:
    return "".join(
        "ACGTN"[code]
        for code in extended_alleles.codes[extended_alleles.offsets[allele] : extended_alleles.offsets[allele + 1]]
    )


def matches_flank(read: str, flank: str) -> bool:
    """Decide whether a stretch matches a flank in 4 of 5 bases."""
    length = min(len(read), len(flank), MAX_FLANK)
    matches = sum(a == b for a, b in zip(read[:length], flank[:length], strict=True))
    return length >= MIN_FLANK and 5 * matches >= 4 * length


def convert_call(call: CompletedCall, left: ExtendedAlleles, right: ExtendedAlleles) -> ConvertedCall:
    v, j = call.v.allele.number, call.j.allele.number
    left_d, right_d = bool(left.is_d[v]), bool(right.is_d[j])
    between = [] if left_d and right_d else call.d
    ds = [own_d(call.v, left, tail=True)] if left_d else []
    ds += between
    ds += [own_d(call.j, right, tail=False)] if right_d else []
    key = call.frame["key_start"], call.frame["key_end"]
    short_left = left_d and call.v.end[0] - call.v.start[0] < KEY_BASES
    short_right = right_d and call.j.end[0] - call.j.start[0] < KEY_BASES
    of_v, of_j = call.operations
    return ConvertedCall(
        -1 if left_d else int(left.allele[v]),
        -1 if right_d else int(right.allele[j]),
        ds,
        [
            [] if left_d else [int(left.allele[a.number]) for a in call.v.ties],
            [] if right_d else [int(right.allele[a.number]) for a in call.j.ties],
            *[d.ties for d in ds],
            *[[]] * (2 - len(ds)),
        ],
        [[] if left_d else of_v, [] if right_d else of_j],
        (-1, key[1]) if short_left or short_right else key,
    )


def own_d(alignment: Aligned, extended_alleles: ExtendedAlleles, *, tail: bool) -> Match:
    """Return the D without its flank: its bases in the last (if `tail`) or first operation of the alignment."""
    number = alignment.allele.number
    length = operations(alignment.columns)[-1 if tail else 0][1]
    operation = alignment.columns[-length:] if tail else alignment.columns[:length]
    first, last = int(extended_alleles.first[number]), int(extended_alleles.last[number])
    own = [(i, g) for i, g in operation if i is not None and g is not None and first <= g < last]
    ties = [int(extended_alleles.allele[a.number]) for a in alignment.ties]
    if own:
        (i, g), (i_last, g_last) = own[0], own[-1]
        return Match(alignment.score, ties, i, i_last + 1, g - first, g_last + 1 - first)
    if tail:
        return Match(alignment.score, ties, alignment.end[0], alignment.end[0], 0, 0)
    return Match(alignment.score, ties, alignment.start[0], alignment.start[0], last, last)
