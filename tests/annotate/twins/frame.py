"""Naive twin of `clonotrack.annotate.kernels.frame`, on strings and on the columns of both alignments."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from clonotrack.annotate.kernels.frame import FARTHEST, HOTTER, HOTTEST, KEY_BASES, REACH, RETAINED
from clonotrack.sequences import translate
from tests.annotate.twins.pieces import Column


@dataclass(frozen=True)
class Laid:
    """An aligned segment: allele, its anchor (-1 for none), columns."""

    allele: str
    anchor: int
    columns: list[Column]

    @property
    def start(self) -> tuple[int, int]:
        read, germline = self.columns[0]
        assert read is not None
        assert germline is not None
        return read, germline

    @property
    def end(self) -> tuple[int, int]:
        read, germline = self.columns[-1]
        assert read is not None
        assert germline is not None
        return read + 1, germline + 1


def anchor_on_read(read: str, laid: Laid, neighbour: int, rate: float, *, is_v: bool) -> int:
    """First base of the anchor codon, -1 where the read does not have it."""
    codon = [laid.anchor, laid.anchor + 1, laid.anchor + 2]
    if laid.anchor < 0:
        return -1
    if codon[0] >= laid.start[1] and codon[2] < laid.end[1]:
        beside = [i for i, g in laid.columns if g == laid.anchor]
        return -1 if beside[0] is None else beside[0]
    before = codon[0] < laid.start[1]
    if before and is_v:
        return -1
    place = laid.start[0] - (laid.start[1] - codon[0]) if before else laid.end[0] + codon[0] - laid.end[1]
    distance = laid.start[1] - codon[0] if before else codon[2] + 1 - laid.end[1]
    if place < 0 or place + 3 > len(read):
        return -1
    if (is_v and place >= neighbour) or (not is_v and place + 3 <= neighbour):
        return -1
    if distance <= REACH and translate(read[place : place + 3]) in ("C" if is_v else "FW"):
        return place
    first, on_allele = (place, laid.anchor) if before else laid.end
    beside = list(zip(read[first:], laid.allele[on_allele:], strict=False))[:distance]
    return place if is_retained(beside, rate) else -1


def is_retained(beside: list[tuple[str, str]], rate: float) -> bool:
    known = [base == allele for base, allele in beside if base != "N"]
    odds = [log(4 * (1 - rate)) if same else log(4 * rate / 3) for same in known]
    return len(beside) <= FARTHEST and RETAINED + sum(odds) > 0


def frame(read: str, v: Laid, j: Laid, matches: int, mismatches: int) -> dict[str, int]:
    rate = min(HOTTEST, HOTTER * (mismatches + 0.5) / (matches + mismatches + 1))
    on_v = anchor_on_read(read, v, j.start[0], rate, is_v=True)
    on_j = anchor_on_read(read, j, v.end[0], rate, is_v=False)
    if on_v >= 0 and 0 <= on_j < on_v + 3:
        on_j = -1
    found = {"v_anchor": on_v, "j_anchor": on_j, **productivity(read, v, j, on_v, on_j)}
    return {**found, **key_region(read, v, j, on_v, on_j)}


def productivity(read: str, v: Laid, j: Laid, on_v: int, on_j: int) -> dict[str, int]:
    if v.anchor < 0:
        return {"in_frame": -1, "stop": -1, "productive": 0}
    codon = v.start[0] + (v.anchor - v.start[1]) % 3
    stop = int("*" in translate(read[codon : j.end[0]]))
    if j.anchor < 0:
        return {"in_frame": -1, "stop": stop, "productive": 0}
    along = on_j if on_j >= 0 else j.start[0] + j.anchor - j.start[1]
    in_frame = int((along - codon) % 3 == 0)
    junction = read[on_v : on_j + 3] if on_v >= 0 and on_j >= 0 else ""
    own = j.allele[j.anchor : j.anchor + 3]
    ends = translate(junction[:3]) == "C" and (translate(junction[-3:]) in ("F", "W") or junction[-3:] == own)
    whole = bool(junction) and len(junction) % 3 == 0
    return {"in_frame": in_frame, "stop": stop, "productive": int(in_frame and not stop and whole and ends)}


def key_region(read: str, v: Laid, j: Laid, on_v: int, on_j: int) -> dict[str, int]:
    nothing = {"key_start": -1, "key_end": -1}
    starts_late = v.anchor >= 0 and v.anchor < v.start[1]
    ends_early = j.anchor >= j.start[1] and len(read) - j.end[0] < 3
    if (on_v < 0 and starts_late) or (on_j < 0 and ends_early and j.anchor >= 0):
        return nothing
    start = on_v if on_v >= 0 else max(v.start[0], v.end[0] - KEY_BASES)
    end = on_j + 3 if on_j >= 0 else min(j.end[0], j.start[0] + KEY_BASES)
    return {"key_start": start, "key_end": end} if end > start else nothing
