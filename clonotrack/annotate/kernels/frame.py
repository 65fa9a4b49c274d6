"""Anchors of the junction on the read, reading frame, productivity and key region.

Framework and complementarity-determining regions of a rearrangement, carried over from its germline alleles.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.cigar import place_on_read
from clonotrack.annotate.kernels.types import Germline
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import I32, I64, U8, N

# METHOD: where the alignment ends this near an anchor, the anchor is looked for along the alignment's diagonal and
# taken if the read has the conserved residue there. Its codon may lie across the border to the other segment, which
# often claims a base that both have.
REACH = 9
# METHOD: without the conserved residue, or farther away, the anchor is taken if mutation explains the bases from the
# end of the alignment to the anchor better than a deletion does (log odds of each base at the V's own rate, against a
# random base), with odds of 20 beforehand that a deletion does not reach it. Hypermutation prefers the borders of the
# CDR3 (hot spots in ``TAC TGT GCG``), so the rate there is taken as 4 times the V's.
FARTHEST = 30
RETAINED = math.log(20.0)
HOTTER, HOTTEST = 4.0, 0.35
# Bases of a segment in the key region where the segment has no anchor.
KEY_BASES = 10


@inlined
def is_cys(read: U8, start: int) -> bool:
    """TGT or TGC."""
    return read[start] == 3 and read[start + 1] == 2 and read[start + 2] in (1, 3)


@inlined
def is_phe_or_trp(read: U8, start: int) -> bool:
    """TTT, TTC or TGG."""
    second, third = read[start + 1], read[start + 2]
    return read[start] == 3 and ((second == 3 and third in (1, 3)) or (second == 2 and third == 2))


@leaf
def is_retained(read: U8, start: int, germline: U8, germline_start: int, length: int, rate: float) -> bool:
    """Whether bases beside each other are mutated germline rather than random, where few are lost beforehand."""
    if length > FARTHEST:
        return False
    odds = RETAINED
    for i in range(length):
        if read[start + i] == germline[germline_start + i]:
            odds += math.log(4.0 * (1.0 - rate))
        elif read[start + i] != N:
            odds += math.log(4.0 * rate / 3.0)
    return odds > 0.0


@inlined
def v_anchor_on_read(
    read: U8,
    germline: U8,
    rate: float,
    limit: int,
    anchor: int,
    pieces: I32,
    count: int,
    start: int,
    germline_start: int,
    end: int,
    germline_end: int,
) -> int:
    """The read's base beside Cys104's first, -1 where the read does not have it.

    Args:
        read: codes of the read.
        germline: codes of the allele.
        rate: of substitutions.
        limit: first base of the J.
        anchor: of the allele, -1 for none.
        pieces: of the alignment.
        count: of pieces.
        start: first aligned base of the read.
        germline_start: and of the allele.
        end: base behind the last, of the read.
        germline_end: and of the allele.
    """
    if anchor < 0 or anchor < germline_start:
        return -1
    if anchor + 3 <= germline_end:
        return place_on_read(pieces, count, start, germline_start, anchor)
    place = end + anchor - germline_end
    length = anchor + 3 - germline_end
    if place >= limit or place + 3 > len(read):
        return -1
    if length <= REACH and is_cys(read, place):
        return place
    return place if is_retained(read, end, germline, germline_end, length, rate) else -1


@inlined
def j_anchor_on_read(
    read: U8,
    germline: U8,
    rate: float,
    limit: int,
    anchor: int,
    pieces: I32,
    count: int,
    start: int,
    germline_start: int,
    end: int,
    germline_end: int,
) -> int:
    """The read's base beside the first of Phe/Trp118, -1 where the read does not have it.

    Arguments as `v_anchor_on_read`, but `limit` is the base behind the V.
    """
    if anchor < 0:
        return -1
    if anchor >= germline_start and anchor + 3 <= germline_end:
        return place_on_read(pieces, count, start, germline_start, anchor)
    if anchor < germline_start:
        place = start + anchor - germline_start
        length = germline_start - anchor
        first, on_germline = place, anchor
    else:
        place = end + anchor - germline_end
        length = anchor + 3 - germline_end
        first, on_germline = end, germline_end
    if place + 3 <= limit or place < 0 or place + 3 > len(read):
        return -1
    if length <= REACH and is_phe_or_trp(read, place):
        return place
    return place if is_retained(read, first, germline, on_germline, length, rate) else -1


@leaf
def settle_frame(
    read: U8, v_codes: U8, j_codes: U8, v_anchor: int, j_anchor: int, v_pieces: I32, j_pieces: I32, call: Any
) -> None:
    """Write anchors, frame, stop codons, productivity and key region into a call with all its coordinates."""
    # share of substituted bases expected at the borders of the junction; half a substitution is added
    rate = (call["v_mismatches"] + 0.5) / (call["v_matches"] + call["v_mismatches"] + 1.0)
    rate = min(HOTTEST, HOTTER * rate)
    on_v = v_anchor_on_read(
        read,
        v_codes,
        rate,
        call["j_start"],
        v_anchor,
        v_pieces,
        call["v_pieces"],
        call["v_start"],
        call["v_germline_start"],
        call["v_end"],
        call["v_germline_end"],
    )
    on_j = j_anchor_on_read(
        read,
        j_codes,
        rate,
        call["v_end"],
        j_anchor,
        j_pieces,
        call["j_pieces"],
        call["j_start"],
        call["j_germline_start"],
        call["j_end"],
        call["j_germline_end"],
    )
    if on_v >= 0 and on_j >= 0 and on_j < on_v + 3:
        on_j = -1
    call["v_anchor"], call["j_anchor"] = on_v, on_j
    settle_productivity(read, j_codes, v_anchor, j_anchor, call)
    settle_key_region(read, v_anchor, j_anchor, call)


@inlined
def settle_productivity(read: U8, j_codes: U8, v_anchor: int, j_anchor: int, call: Any) -> None:
    """Frame of V and J, stop codons between the V's first and the J's last base, and both together.

    METHOD: AIRR and IMGT call a rearrangement productive that is in frame and has no stop codon; the junction has to
    begin with Cys104 and end with Phe118 or Trp118 (or the J allele's own residue).
    """
    call["in_frame"], call["stop"] = -1, -1
    call["productive"] = 0 if v_anchor < 0 or j_anchor < 0 else -1
    if v_anchor < 0:
        return
    codon = call["v_start"] + (v_anchor - call["v_germline_start"]) % 3
    call["stop"] = 0
    for start in range(codon, call["j_end"] - 2, 3):
        second, third = read[start + 1], read[start + 2]
        if read[start] == 3 and ((second == 0 and third in (0, 2)) or (second == 2 and third == 0)):  # TAA, TAG, TGA
            call["stop"] = 1
    if j_anchor < 0:
        return
    on_v, on_j = call["v_anchor"], call["j_anchor"]
    along = on_j if on_j >= 0 else call["j_start"] + j_anchor - call["j_germline_start"]
    call["in_frame"] = 1 if (along - codon) % 3 == 0 else 0
    call["productive"] = 0
    if on_v < 0 or on_j < 0 or call["in_frame"] == 0 or call["stop"] == 1 or (on_v - codon) % 3 != 0:
        return
    is_own = True  # the read has the J allele's own codon, whatever it is
    for i in range(3):
        is_own = is_own and read[on_j + i] == j_codes[j_anchor + i]
    if is_cys(read, on_v) and (is_own or is_phe_or_trp(read, on_j)):
        call["productive"] = 1


@inlined
def settle_key_region(read: U8, v_anchor: int, j_anchor: int, call: Any) -> None:
    """From the V anchor to the J anchor; 10 bases of a segment that has none or lost it to a deletion.

    A read that begins behind the V anchor or ends before the J anchor has no key region: another read of its clone
    would have another one.
    """
    call["key_start"], call["key_end"] = -1, -1
    start, end = call["v_anchor"], call["j_anchor"] + 3
    if start < 0 and v_anchor >= 0 and call["v_germline_start"] > v_anchor:
        return
    if start < 0:
        start = max(call["v_start"], call["v_end"] - KEY_BASES)
    if call["j_anchor"] < 0:
        if j_anchor >= 0 and call["j_germline_start"] <= j_anchor and len(read) - call["j_end"] < 3:
            return
        end = min(call["j_end"], call["j_start"] + KEY_BASES)
    if end > start:
        call["key_start"], call["key_end"] = start, end


# FWR1, CDR1, FWR2, CDR2, FWR3, CDR3, FWR4.
REGIONS = 7
FORWARD, BACKWARD = constant(1), constant(-1)


def place_regions(
    calls: NDArray[Any], pieces: I32, piece_offsets: I64, germline: Germline, starts: I64
) -> tuple[I64, I64]:
    """Where the seven regions lie on each read.

    A region that the read or the alignment holds a part of is given with that part. CDR3 and FWR4 need their anchor.

    Args:
        calls: completed.
        pieces: of gapped alignments, V and J of each read in turn.
        piece_offsets: shape (2 reads + 1,).
        germline: the reference.
        starts: first bases of FWR1, CDR1, FWR2, CDR2, FWR3 in each V allele, shape (V alleles, 5); -1 for not known.

    Returns:
        First bases and the bases behind the last, each of shape (7, reads); both -1 where there is none.
    """
    reads = len(calls)
    first, last = (np.full((REGIONS, reads), -1, dtype=np.int64) for _ in range(2))
    whole = np.zeros((1, 2), dtype=np.int32)
    _place_regions(calls, pieces, piece_offsets, germline.v.alleles, starts, whole, first, last)
    return first, last


@leaf
def _place_regions(
    calls: NDArray[Any],
    pieces: I32,
    piece_offsets: I64,
    v_alleles: NDArray[Any],
    starts: I64,
    whole: I32,
    first: I64,
    last: I64,
) -> None:
    """Write the bounds of the regions; `whole` is scratch for one piece; see `place_regions`."""
    for i in range(len(calls)):
        call = calls[i]
        v, on_v, on_j = call["v"], call["v_anchor"], call["j_anchor"]
        if v >= 0 and starts[v, 1] >= 0:
            of_v = pieces[piece_offsets[2 * i] : piece_offsets[2 * i + 1]]
            if len(of_v) == 0:
                whole[0, 1] = call["v_end"] - call["v_start"]
                of_v = whole
            for region in range(5):
                start = max(starts[v, region], call["v_germline_start"])
                behind = v_alleles[v]["anchor"] + 3 if region == 4 else starts[v, region + 1]
                end = min(behind, call["v_germline_end"])
                if start >= end:
                    continue
                first[region, i] = beside(of_v, call, start, FORWARD, end)
                last[region, i] = beside(of_v, call, end - 1, BACKWARD, start - 1) + 1
                if first[region, i] < 0:
                    last[region, i] = -1
            if on_v >= 0 and first[4, i] >= 0:
                last[4, i] = on_v + 3
        if v >= 0 and on_v >= 0 and on_j >= on_v + 3:
            first[5, i], last[5, i] = on_v + 3, on_j
        if call["found"] and on_j >= 0 and call["j_end"] > on_j:
            first[6, i], last[6, i] = on_j, call["j_end"]


@leaf
def beside(pieces: I32, call: Any, base: int, step: int, stop: int) -> int:
    """The read's base beside the V's first base that is not deleted, from `base` on, before `stop`; -1 for none."""
    while base != stop:
        place = place_on_read(pieces, len(pieces), call["v_start"], call["v_germline_start"], base)
        if place >= 0:
            return place
        base += step
    return -1
