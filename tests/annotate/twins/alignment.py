"""Naive twin of `clonotrack.annotate.kernels.align_vj`, on columns."""

from __future__ import annotations

from dataclasses import dataclass

from clonotrack.annotate.kernels.align_vj import LEFT_OVER, SHARED
from clonotrack.annotate.kernels.cigar import LONGEST_TRIM
from clonotrack.annotate.kernels.gapped import BAND, GAP_EXTEND, GAP_OPEN
from tests.annotate.twins.gapped import align_banded
from tests.annotate.twins.jsegment import Found
from tests.annotate.twins.pieces import Column, columns, share_overlap
from tests.annotate.twins.placement import beside, highest, score_alleles, score_alleles_gapped
from tests.annotate.twins.types import Allele
from tests.annotate.twins.ungapped import best_run, tail_to_trim


@dataclass(frozen=True)
class Aligned:
    """An allele laid along a read: score, alleles that tie, columns."""

    score: float
    ties: list[Allele]
    allele: Allele
    columns: list[Column]

    @property
    def start(self) -> tuple[int, int]:
        """First aligned base of read and allele; an alignment begins and ends with bases of both."""
        return self.columns[0]  # type: ignore[return-value]

    @property
    def end(self) -> tuple[int, int]:
        """The bases behind the last."""
        read, germline = self.columns[-1]
        assert read is not None
        assert germline is not None
        return read + 1, germline + 1

    def cut(self, from_5: int, from_3: int) -> Aligned:
        """Without columns of its ends."""
        return Aligned(self.score, self.ties, self.allele, self.columns[from_5 : len(self.columns) - from_3])

    def outer(self, *, tail: bool) -> int:
        """Columns without a gap at one end."""
        columns = self.columns[::-1] if tail else self.columns
        return next((at for at, column in enumerate(columns) if None in column), len(columns))


def settle_v_and_j(
    read: str, v: Found, j: Found, v_group: list[Allele], j_group: list[Allele]
) -> tuple[Aligned, Aligned]:
    """V and J aligned; their ends may overlap."""
    laid_v = align(read, 0, max(v.end, j.start), v_group, v)
    return laid_v, align(read, min(j.start, laid_v.end[0]), len(read), j_group, j)


def align(read: str, start: int, end: int, group: list[Allele], found: Found) -> Aligned:
    """The allele found without gaps, or the best one with gaps where read and allele have much left over without."""
    allele = found.ties[0]
    of_read, of_allele, i, g = beside(read, start, end, allele, found.place)
    score, first, last = best_run(of_read, of_allele, 1)
    before = min(i + first - start, g + first)
    after = min(end - i - last, len(allele.sequence) - g - last)
    plain = Aligned(score, found.ties, allele, columns([(0, last - first)], i + first, g + first))
    ahead = start, i + first + SHARED, 0, g + first + SHARED
    behind = i + last - SHARED, end, g + last - SHARED, len(allele.sequence)
    if not any(
        left_over >= LEFT_OVER and is_better_shifted(read, allele.sequence, *stretch, i - g)
        for left_over, stretch in ((before, ahead), (after, behind))
    ):
        return plain

    def gapped(other: Allele) -> tuple[float, list[tuple[int, int]], int, int]:
        return align_banded(read, start, end, other.sequence, found.place - other.origin, BAND)

    if gapped(allele)[0] <= score:
        return plain
    scores = score_alleles_gapped(read, start, end, found.place, score_alleles(read, group, found.place, start, 0))
    ties = highest(scores)
    if not ties or scores[ties[0]] <= score:
        return plain
    best, pieces, on_read, on_germline = gapped(ties[0])
    return Aligned(best, ties, ties[0], columns(pieces, on_read, on_germline))


def is_better_shifted(read: str, allele: str, start: int, end: int, first: int, last: int, shift: int) -> bool:
    """Whether a run of bases ``first:last`` of the allele, at another place on ``read[start:end]``, is worth a gap."""
    for gap in range(-BAND, BAND + 1):
        beside = [(i, i - shift - gap) for i in range(max(0, start), min(end, len(read)))]
        beside = [(i, g) for i, g in beside if max(0, first) <= g < min(last, len(allele))]
        of_read, of_allele = "".join(read[i] for i, _ in beside), "".join(allele[g] for _, g in beside)
        if gap and best_run(of_read, of_allele, 1)[0] > GAP_OPEN + GAP_EXTEND * abs(gap):
            return True
    return False


def settle_ends(read: str, v: Aligned, j: Aligned, cost: float) -> tuple[Aligned, Aligned]:
    """Without chance matches at the V's 3' and the J's 5' end, and without what both claim."""
    longest = min(LONGEST_TRIM, v.outer(tail=True) - 1)
    from_v = tail_to_trim(read[: v.end[0]], v.allele.sequence[: v.end[1]], longest, cost)
    longest = min(LONGEST_TRIM, j.outer(tail=False) - 1)
    from_j = tail_to_trim(read[j.start[0] :][::-1], j.allele.sequence[j.start[1] :][::-1], longest, cost)
    v, j = v.cut(0, from_v), j.cut(from_j, 0)
    if v.end[0] > j.start[0]:
        of_v = v.allele.sequence, *v.end, v.outer(tail=True) - 1
        of_j = j.allele.sequence, *j.start, j.outer(tail=False) - 1
        from_v, from_j = share_overlap(read, *of_v, *of_j)
        v, j = v.cut(0, from_v), j.cut(from_j, 0)
    return v, j
