"""Provide naive twins of `clonotrack.annotate.kernels.align_vj`, with alignments as lists of columns."""

from __future__ import annotations

from dataclasses import dataclass

from clonotrack.annotate.kernels.align_vj import MAX_CHANCE_OVERLAP, MIN_UNALIGNED
from clonotrack.annotate.kernels.cigar import MAX_TRIM
from clonotrack.annotate.kernels.gapped import BAND, GAP_EXTEND, GAP_OPEN
from tests.annotate.twins.cigar import Column, columns, divide_overlap
from tests.annotate.twins.find_vj import PlacedSegment
from tests.annotate.twins.gapped import align_banded
from tests.annotate.twins.score_alleles import highest, overlapping_bases, score_alleles, score_alleles_gapped
from tests.annotate.twins.types import Allele
from tests.annotate.twins.ungapped import best_run, tail_to_trim


@dataclass(frozen=True)
class Aligned:
    """An alignment of a read with an allele: score, alleles with equal scores, columns."""

    score: float
    ties: list[Allele]
    allele: Allele
    columns: list[Column]

    @property
    def start(self) -> tuple[int, int]:
        """Return the first aligned base of read and allele; the first column has no gap."""
        return self.columns[0]  # type: ignore[return-value]

    @property
    def end(self) -> tuple[int, int]:
        """Return the bases of read and allele after the last aligned ones; the last column has no gap."""
        read, germline = self.columns[-1]
        assert read is not None
        assert germline is not None
        return read + 1, germline + 1

    def cut(self, from_5: int, from_3: int) -> Aligned:
        """Return the alignment without `from_5` columns at its 5' end and `from_3` at its 3' end."""
        return Aligned(self.score, self.ties, self.allele, self.columns[from_5 : len(self.columns) - from_3])

    def outer(self, *, tail: bool) -> int:
        """Count the columns at the 3' end (if `tail`) or 5' end up to the first gap."""
        columns = self.columns[::-1] if tail else self.columns
        return next((at for at, column in enumerate(columns) if None in column), len(columns))


def align_v_and_j(
    read: str, v: PlacedSegment, j: PlacedSegment, v_group: list[Allele], j_group: list[Allele]
) -> tuple[Aligned, Aligned]:
    """Align V and J; their ends may overlap."""
    aligned_v = align(read, 0, max(v.end, j.start), v_group, v)
    return aligned_v, align(read, min(j.start, aligned_v.end[0]), len(read), j_group, j)


def align(read: str, start: int, end: int, group: list[Allele], found: PlacedSegment) -> Aligned:
    """Align the best allele without gaps, or with gaps if they improve the score."""
    allele = found.ties[0]
    of_read, of_allele, i, g = overlapping_bases(read, start, end, allele, found.position)
    score, first, last = best_run(of_read, of_allele, 1)
    before = min(i + first - start, g + first)
    after = min(end - i - last, len(allele.sequence) - g - last)
    plain = Aligned(score, found.ties, allele, columns([(0, last - first)], i + first, g + first))
    before_stretch = start, i + first + MAX_CHANCE_OVERLAP, 0, g + first + MAX_CHANCE_OVERLAP
    after_stretch = i + last - MAX_CHANCE_OVERLAP, end, g + last - MAX_CHANCE_OVERLAP, len(allele.sequence)
    if not any(
        unaligned >= MIN_UNALIGNED and has_better_diagonal(read, allele.sequence, *stretch, i - g)
        for unaligned, stretch in ((before, before_stretch), (after, after_stretch))
    ):
        return plain

    def gapped(other: Allele) -> tuple[float, list[tuple[int, int]], int, int]:
        return align_banded(read, start, end, other.sequence, found.position - other.origin, BAND)

    if gapped(allele)[0] <= score:
        return plain
    scores = score_alleles_gapped(
        read, start, end, found.position, score_alleles(read, group, found.position, start, 0)
    )
    ties = highest(scores)
    if not ties or scores[ties[0]] <= score:
        return plain
    best, operations, on_read, on_germline = gapped(ties[0])
    return Aligned(best, ties, ties[0], columns(operations, on_read, on_germline))


def has_better_diagonal(read: str, allele: str, start: int, end: int, first: int, last: int, shift: int) -> bool:
    """Decide whether a run of ``first:last`` on another diagonal scores more than the gap costs."""
    for gap in range(-BAND, BAND + 1):
        overlap = [(i, i - shift - gap) for i in range(max(0, start), min(end, len(read)))]
        overlap = [(i, g) for i, g in overlap if max(0, first) <= g < min(last, len(allele))]
        of_read, of_allele = "".join(read[i] for i, _ in overlap), "".join(allele[g] for _, g in overlap)
        if gap and best_run(of_read, of_allele, 1)[0] > GAP_OPEN + GAP_EXTEND * abs(gap):
            return True
    return False


def trim_ends(read: str, v: Aligned, j: Aligned, cost: float) -> tuple[Aligned, Aligned]:
    """Trim chance matches from the V's 3' and the J's 5' end, and divide the bases that both cover."""
    longest = min(MAX_TRIM, v.outer(tail=True) - 1)
    from_v = tail_to_trim(read[: v.end[0]], v.allele.sequence[: v.end[1]], longest, cost)
    longest = min(MAX_TRIM, j.outer(tail=False) - 1)
    from_j = tail_to_trim(read[j.start[0] :][::-1], j.allele.sequence[j.start[1] :][::-1], longest, cost)
    v, j = v.cut(0, from_v), j.cut(from_j, 0)
    if v.end[0] > j.start[0]:
        of_v = v.allele.sequence, *v.end, v.outer(tail=True) - 1
        of_j = j.allele.sequence, *j.start, j.outer(tail=False) - 1
        from_v, from_j = divide_overlap(read, *of_v, *of_j)
        v, j = v.cut(0, from_v), j.cut(from_j, 0)
    return v, j
