"""Naive twin of `clonotrack.annotate.kernels.complete_calls`: the whole call of a read that has its V and J."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clonotrack.annotate.kernels.types import Germline, Limits
from tests.annotate.twins.alignment import Aligned, settle_ends, settle_v_and_j
from tests.annotate.twins.find_d import Match, settle_d
from tests.annotate.twins.frame import Laid, frame
from tests.annotate.twins.pairing import Pair
from tests.annotate.twins.pieces import count, mismatch_cost, pieces
from tests.annotate.twins.types import alleles


@dataclass(frozen=True)
class Settled:
    """V, D (none, one or two) and J laid along a read on the strand of the rearrangement, and what `frame` says."""

    read: str
    v: Aligned
    d: list[Match]
    j: Aligned
    frame: dict[str, int]

    @property
    def ties(self) -> list[list[int]]:
        """Alleles that tie: V, J, D, second D."""
        ds = [match.ties for match in self.d]
        return [*([a.number for a in laid.ties] for laid in (self.v, self.j)), *ds, *[[]] * (2 - len(ds))]

    @property
    def pieces(self) -> list[list[tuple[int, int]]]:
        """Of V and J where these have gaps."""
        both = [pieces(laid.columns) for laid in (self.v, self.j)]
        return [of_one if len(of_one) > 1 else [] for of_one in both]

    def fields(self) -> dict[str, int]:
        """What the kernel writes into a call."""
        matches, mismatches = count(self.v.columns, self.read, self.v.allele.sequence)
        found = {"v_matches": matches, "v_mismatches": mismatches, **self.frame}
        for kind, laid in (("v", self.v), ("j", self.j)):
            found |= {kind: laid.allele.number, f"{kind}_score": int(laid.score)}
            found |= {f"{kind}_pieces": len(pieces(laid.columns))}
            found |= span(kind, *laid.start, *laid.end)
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


def settle_pairs(pairs: Sequence[Pair | None], germline: Germline, limits: Limits) -> list[Settled | None]:
    """The calls of reads that have a V and a J; nothing for the others."""
    return [None if pair is None else settle_pair(pair, germline, limits) for pair in pairs]


def settle_pair(pair: Pair, germline: Germline, limits: Limits) -> Settled:
    read = pair.read
    v_group = [a for a in alleles(germline.v) if a.group == pair.v.group]
    j_group = [a for a in alleles(germline.j) if a.group == pair.j.group]
    v, j = settle_v_and_j(read, pair.v, pair.j, v_group, j_group)
    cost = mismatch_cost(*count(v.columns, read, v.allele.sequence))
    v, j = settle_ends(read, v, j, cost)
    d = settle_d(read, germline, limits, min(3, int(cost + 0.5)), v.allele, j.allele, v.end[0], j.start[0])
    laid = [Laid(one.allele.sequence, one.allele.anchor, one.columns) for one in (v, j)]
    return Settled(read, v, d, j, frame(read, *laid, *count(v.columns, read, v.allele.sequence)))
