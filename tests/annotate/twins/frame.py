"""Provide naive twins of `clonotrack.annotate.kernels.frame`, with strings and columns of alignments."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from clonotrack.annotate.kernels.frame import (
    HOTSPOT_FACTOR,
    KEY_BASES,
    LOG_PRIOR_ODDS,
    MAX_ANCHOR_DISTANCE,
    MAX_HOTSPOT_RATE,
    MAX_RESIDUE_DISTANCE,
)
from clonotrack.sequences import translate
from tests.annotate.twins.cigar import Column


@dataclass(frozen=True)
class AlignedSegment:
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


def anchor_on_read(read: str, alignment: AlignedSegment, neighbour: int, rate: float, *, is_v: bool) -> int:
    """Return the first base of the anchor codon on the read; -1 if the read has no such codon."""
    codon = [alignment.anchor, alignment.anchor + 1, alignment.anchor + 2]
    if alignment.anchor < 0:
        return -1
    if codon[0] >= alignment.start[1] and codon[2] < alignment.end[1]:
        aligned = [i for i, g in alignment.columns if g == alignment.anchor]
        return -1 if aligned[0] is None else aligned[0]
    before = codon[0] < alignment.start[1]
    if before and is_v:
        return -1
    position = (
        alignment.start[0] - (alignment.start[1] - codon[0])
        if before
        else alignment.end[0] + codon[0] - alignment.end[1]
    )
    distance = alignment.start[1] - codon[0] if before else codon[2] + 1 - alignment.end[1]
    if position < 0 or position + 3 > len(read):
        return -1
    if (is_v and position >= neighbour) or (not is_v and position + 3 <= neighbour):
        return -1
    if distance <= MAX_RESIDUE_DISTANCE and translate(read[position : position + 3]) in ("C" if is_v else "FW"):
        return position
    first, on_allele = (position, alignment.anchor) if before else alignment.end
    aligned = list(zip(read[first:], alignment.allele[on_allele:], strict=False))[:distance]
    return position if is_mutated_germline(aligned, rate) else -1


def is_mutated_germline(aligned: list[tuple[str, str]], rate: float) -> bool:
    known = [base == allele for base, allele in aligned if base != "N"]
    odds = [log(4 * (1 - rate)) if same else log(4 * rate / 3) for same in known]
    return len(aligned) <= MAX_ANCHOR_DISTANCE and LOG_PRIOR_ODDS + sum(odds) > 0


def frame(read: str, v: AlignedSegment, j: AlignedSegment, matches: int, mismatches: int) -> dict[str, int]:
    rate = min(MAX_HOTSPOT_RATE, HOTSPOT_FACTOR * (mismatches + 0.5) / (matches + mismatches + 1))
    v_on_read = anchor_on_read(read, v, j.start[0], rate, is_v=True)
    j_on_read = anchor_on_read(read, j, v.end[0], rate, is_v=False)
    if v_on_read >= 0 and 0 <= j_on_read < v_on_read + 3:
        j_on_read = -1
    found = {"v_anchor": v_on_read, "j_anchor": j_on_read, **productivity(read, v, j, v_on_read, j_on_read)}
    return {**found, **key_region(read, v, j, v_on_read, j_on_read)}


def productivity(read: str, v: AlignedSegment, j: AlignedSegment, v_on_read: int, j_on_read: int) -> dict[str, int]:
    if v.anchor < 0:
        return {"in_frame": -1, "stop": -1, "productive": 0}
    codon = v.start[0] + (v.anchor - v.start[1]) % 3
    stop = int("*" in translate(read[codon : j.end[0]]))
    if j.anchor < 0:
        return {"in_frame": -1, "stop": stop, "productive": 0}
    along = j_on_read if j_on_read >= 0 else j.start[0] + j.anchor - j.start[1]
    in_frame = int((along - codon) % 3 == 0)
    junction = read[v_on_read : j_on_read + 3] if v_on_read >= 0 and j_on_read >= 0 else ""
    own = j.allele[j.anchor : j.anchor + 3]
    ends = translate(junction[:3]) == "C" and (translate(junction[-3:]) in ("F", "W") or junction[-3:] == own)
    whole = bool(junction) and len(junction) % 3 == 0
    return {"in_frame": in_frame, "stop": stop, "productive": int(in_frame and not stop and whole and ends)}


def key_region(read: str, v: AlignedSegment, j: AlignedSegment, v_on_read: int, j_on_read: int) -> dict[str, int]:
    nothing = {"key_start": -1, "key_end": -1}
    starts_late = v.anchor >= 0 and v.anchor < v.start[1]
    ends_early = j.anchor >= j.start[1] and len(read) - j.end[0] < 3
    if (v_on_read < 0 and starts_late) or (j_on_read < 0 and ends_early and j.anchor >= 0):
        return nothing
    start = v_on_read if v_on_read >= 0 else max(v.start[0], v.end[0] - KEY_BASES)
    end = j_on_read + 3 if j_on_read >= 0 else min(j.end[0], j.start[0] + KEY_BASES)
    return {"key_start": start, "key_end": end} if end > start else nothing
