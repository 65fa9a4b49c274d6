"""Naive twin of `clonotrack.annotate.kernels.dj`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.dj import FARTHEST_J, LEAST_J_SCORE, LOOSE, MISMATCH, MOST_EXPECTED, Elements
from clonotrack.annotate.kernels.find_vj import CANDIDATES, J_APART, J_LEAST_VOTES, V_OVERSHOOT
from clonotrack.annotate.kernels.types import Germline, Limits, Segments
from clonotrack.sequences import reverse_complement
from tests.annotate.twins.find_d import first_kmer, matches
from tests.annotate.twins.jsegment import Found, best_j
from tests.annotate.twins.pairing import Pair
from tests.annotate.twins.placement import highest, score_alleles, ungapped_run
from tests.annotate.twins.seeds import elect, votes
from tests.annotate.twins.types import Allele, alleles, votable
from tests.annotate.twins.ungapped import expected_by_chance


@dataclass(frozen=True)
class Bare:
    """A pair, and the E-value of its D."""

    pair: Pair
    expected: float


def find_bare(
    reads: Sequence[str], germline: Germline, near: Segments, left: Elements, limits: Limits
) -> list[Bare | None]:
    """D and J of each read that begins in its D, or shortly before."""
    return [find_one(read, germline, near, left, limits) for read in reads]


def find_one(read: str, germline: Germline, near: Segments, left: Elements, limits: Limits) -> Bare | None:
    strands = [read, reverse_complement(read)]
    js = [find_j(strand, germline, limits) for strand in strands]
    scores = [0 if j is None else j.score for j in js]
    turned = scores[1] > scores[0]
    read, j = strands[turned], js[turned]
    if j is None or j.start > FARTHEST_J:
        return None
    order = [int(germline.d.alleles["order"][d.number]) for d in alleles(germline.d)]
    allowed = [
        bool(germline.has_d[j.group][d]) and 0 < order[d] < j.ties[0].order for d in range(len(germline.d.origin))
    ]
    for segments in (germline.d, near):
        ds = [d for d in alleles(segments) if allowed[d.number]]
        found = d_at_start(read[: j.start], ds, germline.d_seeds.k)
        if found is not None:
            d, place, expected = found
            place += d.anchor if segments is near else 0
            own = next(a for a in alleles(germline.v) if left.is_d[a.number] and left.allele[a.number] == d.number)
            group = [a for a in alleles(germline.v) if a.group == own.group]
            scored = score_alleles(read, group, place, 0, 0)
            ties = highest(scored)
            v = Found(own.group, place, scored[ties[0]], ties, *ungapped_run(read, 0, ties[0], place)[1:])
            return Bare(Pair(turned, read, v, j, max(0, v.end - V_OVERSHOOT)), expected)
    return None


def find_j(read: str, germline: Germline, limits: Limits) -> Found | None:
    """The J anywhere, by k-mers."""
    counted = votes(read, votable(germline.j), germline.j_seeds.k)
    proposed = [(group, place) for group, place, _ in elect(counted, J_LEAST_VOTES, J_APART, CANDIDATES)]
    return best_j(read, 0, proposed, alleles(germline.j), LEAST_J_SCORE, limits.max_j_expected)


def d_at_start(stretch: str, ds: list[Allele], k: int) -> tuple[Allele, int, float] | None:
    """The best D, its place and E-value, if it begins with the stretch and is better than chance."""
    found = [(d, *match) for d in ds for match in matches(stretch, d.sequence, MISMATCH, 1, k)]
    best = max((score for _, score, *_ in found), default=0)
    if best == 0:
        return None
    first = min(d.number for d, score, *_ in found if score == best)
    d, _, i, g, _ = min(
        (one for one in found if one[0].number == first and one[1] == best),
        key=lambda one: first_kmer(stretch, one[0].sequence, one[2] - one[3], k),
    )
    expected = expected_by_chance(best, MISMATCH, (LOOSE + 1) * sum(len(one.sequence) for one in ds))
    return (d, i - g, expected) if i <= LOOSE and expected <= MOST_EXPECTED else None
