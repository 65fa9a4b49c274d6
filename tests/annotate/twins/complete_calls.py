"""Provide naive twins of `clonotrack.annotate.kernels.complete_calls`: the complete call of a read with V and J."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.types import Germline, Limits
from tests.annotate.twins.align_vj import Aligned, align_v_and_j, trim_ends
from tests.annotate.twins.cigar import count, mismatch_cost, operations
from tests.annotate.twins.find_d import Match, call_d
from tests.annotate.twins.find_vj import Pair
from tests.annotate.twins.frame import AlignedSegment, frame
from tests.annotate.twins.types import alleles


@dataclass(frozen=True)
class CompletedCall:
    """A read on the strand of its rearrangement, its V, D (none, one or two) and J, its frame fields."""

    read: str
    v: Aligned
    d: list[Match]
    j: Aligned
    frame: dict[str, int]

    @property
    def ties(self) -> list[list[int]]:
        """Return the alleles with equal scores: V, J, D, second D."""
        ds = [match.ties for match in self.d]
        return [*([a.number for a in alignment.ties] for alignment in (self.v, self.j)), *ds, *[[]] * (2 - len(ds))]

    @property
    def operations(self) -> list[list[tuple[int, int]]]:
        """Return the operations of V and J; empty for an alignment without gaps."""
        both = [operations(alignment.columns) for alignment in (self.v, self.j)]
        return [of_one if len(of_one) > 1 else [] for of_one in both]

    def fields(self) -> dict[str, int]:
        """Return the fields that the kernel writes into the call."""
        matches, mismatches = count(self.v.columns, self.read, self.v.allele.sequence)
        found = {"v_matches": matches, "v_mismatches": mismatches, **self.frame}
        for kind, alignment in (("v", self.v), ("j", self.j)):
            found |= {kind: alignment.allele.number, f"{kind}_score": int(alignment.score)}
            found |= {f"{kind}_operation_count": len(operations(alignment.columns))}
            found |= span(kind, *alignment.start, *alignment.end)
        for kind in ("d", "d2")[len(self.d) :]:
            found |= {kind: -1, f"{kind}_score": 0, **span(kind, 0, 0, 0, 0)}
        for kind, d in zip(("d", "d2"), self.d, strict=False):
            found |= {kind: d.ties[0], f"{kind}_score": int(d.score)}
            found |= span(kind, d.start, d.germline_start, d.end, d.germline_end)
        return found


def span(kind: str, start: int, germline_start: int, end: int, germline_end: int) -> dict[str, int]:
    names = ("start", "germline_start", "end", "germline_end")
    values = (start, germline_start, end, germline_end)
    return {f"{kind}_{name}": value for name, value in zip(names, values, strict=True)}


def complete_calls(pairs: Sequence[Pair | None], germline: Germline, limits: Limits) -> list[CompletedCall | None]:
    """Complete the calls of reads with V and J; None for the other reads."""
    return [None if pair is None else complete_call(pair, germline, limits) for pair in pairs]


def complete_call(pair: Pair, germline: Germline, limits: Limits) -> CompletedCall:
    read = pair.read
    v_group = [a for a in alleles(germline.v) if a.group == pair.v.group]
    j_group = [a for a in alleles(germline.j) if a.group == pair.j.group]
    v, j = align_v_and_j(read, pair.v, pair.j, v_group, j_group)
    cost = mismatch_cost(*count(v.columns, read, v.allele.sequence))
    v, j = trim_ends(read, v, j, cost)
    d = call_d(read, germline, limits, min(3, int(cost + 0.5)), v.allele, j.allele, v.end[0], j.start[0])
    alignment = [AlignedSegment(one.allele.sequence, one.allele.anchor, one.columns) for one in (v, j)]
    return CompletedCall(read, v, d, j, frame(read, *alignment, *count(v.columns, read, v.allele.sequence)))
