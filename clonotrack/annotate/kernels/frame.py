"""Locate the anchors of the junction and the IMGT regions on a read; determine frame, productivity and key region.

Anchors are the codons of Cys104 (V) and Phe/Trp118 (J).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.cigar import position_on_read
from clonotrack.annotate.kernels.types import Germline
from clonotrack.kernels.jit import constant, inlined, leaf
from clonotrack.sequences import I32, I64, U8, N

# METHOD: if the alignment ends up to this many bases before the end of the anchor codon, and the read has the conserved
# residue (Cys104, Phe/Trp118) on the alignment's diagonal, that residue is the anchor. The codon may span the joint,
# and the other segment often covers a base that both share.
MAX_RESIDUE_DISTANCE = 9
# METHOD: otherwise, and up to MAX_ANCHOR_DISTANCE bases, the anchor is accepted if substitutions explain the bases
# between alignment and anchor better than a deletion. The log odds are LOG_PRIOR_ODDS + matches * log(4 (1 - r)) +
# mismatches * log(4 r / 3), with substitution rate r; they must exceed 0. The prior odds that no deletion reaches the
# anchor are 20. Hypermutation prefers the borders of the CDR3 (hot spots in TAC TGT GCG), so r is HOTSPOT_FACTOR times
# the rate of the V, and at most MAX_HOTSPOT_RATE.
MAX_ANCHOR_DISTANCE = 30
LOG_PRIOR_ODDS = math.log(20.0)
HOTSPOT_FACTOR, MAX_HOTSPOT_RATE = 4.0, 0.35
# Number of bases of a segment without an anchor that belong to the key region [nt].
KEY_BASES = 10


@inlined
def is_cys(read: U8, start: int) -> bool:
    """Decide whether the codon at base `start` is TGT or TGC."""
    return read[start] == 3 and read[start + 1] == 2 and read[start + 2] in (1, 3)


@inlined
def is_phe_or_trp(read: U8, start: int) -> bool:
    """Decide whether the codon at base `start` is TTT, TTC or TGG."""
    second, third = read[start + 1], read[start + 2]
    return read[start] == 3 and ((second == 3 and third in (1, 3)) or (second == 2 and third == 2))


@leaf
def is_mutated_germline(read: U8, start: int, germline: U8, germline_start: int, length: int, rate: float) -> bool:
    """Decide whether bases of a read are more likely mutated germline than random; see `MAX_ANCHOR_DISTANCE`.

    Args:
        read: codes of the read.
        start: first base of the read.
        germline: codes of the allele.
        germline_start: base of the allele that lies on base `start` of the read.
        length: number of bases.
        rate: substitution rate.
    """
    if length > MAX_ANCHOR_DISTANCE:
        return False
    odds = LOG_PRIOR_ODDS
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
    operations: I32,
    count: int,
    start: int,
    germline_start: int,
    end: int,
    germline_end: int,
) -> int:
    """Return the first base of the Cys104 codon on a read; -1 if the read has no such codon.

    Args:
        read: codes of the read.
        germline: codes of the V.
        rate: substitution rate at the borders of the CDR3.
        limit: first base of the read in the J; the codon must begin before it.
        anchor: first base of the codon in the V; -1 if the V has no anchor.
        operations: operations of the alignment.
        count: number of operations.
        start: first aligned base of the read.
        germline_start: first aligned base of the V.
        end: base of the read after the alignment.
        germline_end: base of the V after the alignment.
    """
    if anchor < 0 or anchor < germline_start:
        return -1
    if anchor + 3 <= germline_end:
        return position_on_read(operations, count, start, germline_start, anchor)
    position = end + anchor - germline_end
    length = anchor + 3 - germline_end
    if position >= limit or position + 3 > len(read):
        return -1
    if length <= MAX_RESIDUE_DISTANCE and is_cys(read, position):
        return position
    return position if is_mutated_germline(read, end, germline, germline_end, length, rate) else -1


@inlined
def j_anchor_on_read(
    read: U8,
    germline: U8,
    rate: float,
    limit: int,
    anchor: int,
    operations: I32,
    count: int,
    start: int,
    germline_start: int,
    end: int,
    germline_end: int,
) -> int:
    """Return the first base of the Phe/Trp118 codon on a read; -1 if the read has no such codon.

    Args:
        read: codes of the read.
        germline: codes of the J.
        rate: substitution rate at the borders of the CDR3.
        limit: base of the read after the V; the codon must end after it.
        anchor: first base of the codon in the J; -1 if the J has no anchor.
        operations: operations of the alignment.
        count: number of operations.
        start: first aligned base of the read.
        germline_start: first aligned base of the J.
        end: base of the read after the alignment.
        germline_end: base of the J after the alignment.
    """
    if anchor < 0:
        return -1
    if anchor >= germline_start and anchor + 3 <= germline_end:
        return position_on_read(operations, count, start, germline_start, anchor)
    if anchor < germline_start:
        position = start + anchor - germline_start
        length = germline_start - anchor
        first, on_germline = position, anchor
    else:
        position = end + anchor - germline_end
        length = anchor + 3 - germline_end
        first, on_germline = end, germline_end
    if position + 3 <= limit or position < 0 or position + 3 > len(read):
        return -1
    if length <= MAX_RESIDUE_DISTANCE and is_phe_or_trp(read, position):
        return position
    return position if is_mutated_germline(read, first, germline, on_germline, length, rate) else -1


@leaf
def annotate_junction(
    read: U8, v_codes: U8, j_codes: U8, v_anchor: int, j_anchor: int, v_operations: I32, j_operations: I32, call: Any
) -> None:
    """Write anchors, reading frame, stop codons, productivity and key region into a call.

    Args:
        read: codes of the read, on the strand of the rearrangement.
        v_codes: codes of the V.
        j_codes: codes of the J.
        v_anchor: first base of the Cys104 codon in the V; -1 if there is none.
        j_anchor: first base of the Phe/Trp118 codon in the J; -1 if there is none.
        v_operations: operations of the V.
        j_operations: operations of the J.
        call: contains the intervals of V and J and the V's matches and mismatches; updated.
    """
    # substitution rate at the borders of the junction, with half a substitution added
    rate = (call["v_mismatches"] + 0.5) / (call["v_matches"] + call["v_mismatches"] + 1.0)
    rate = min(MAX_HOTSPOT_RATE, HOTSPOT_FACTOR * rate)
    v_on_read = v_anchor_on_read(
        read,
        v_codes,
        rate,
        call["j_start"],
        v_anchor,
        v_operations,
        call["v_operation_count"],
        call["v_start"],
        call["v_germline_start"],
        call["v_end"],
        call["v_germline_end"],
    )
    j_on_read = j_anchor_on_read(
        read,
        j_codes,
        rate,
        call["v_end"],
        j_anchor,
        j_operations,
        call["j_operation_count"],
        call["j_start"],
        call["j_germline_start"],
        call["j_end"],
        call["j_germline_end"],
    )
    if v_on_read >= 0 and j_on_read >= 0 and j_on_read < v_on_read + 3:
        j_on_read = -1
    call["v_anchor"], call["j_anchor"] = v_on_read, j_on_read
    determine_productivity(read, j_codes, v_anchor, j_anchor, call)
    determine_key_region(read, v_anchor, j_anchor, call)


@inlined
def determine_productivity(read: U8, j_codes: U8, v_anchor: int, j_anchor: int, call: Any) -> None:
    """Write `in_frame`, `stop` and `productive` into a call with its anchors; see `annotate_junction`.

    Stop codons are searched from the V's first to the J's last base, in the frame of the V.

    METHOD: a rearrangement is productive if V and J are in frame, there is no stop codon, and the junction begins with
    Cys104 and ends with Phe118 or Trp118 (or the J allele's own residue), as AIRR and IMGT define it.
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
    v_on_read, j_on_read = call["v_anchor"], call["j_anchor"]
    j_position = j_on_read if j_on_read >= 0 else call["j_start"] + j_anchor - call["j_germline_start"]
    call["in_frame"] = 1 if (j_position - codon) % 3 == 0 else 0
    call["productive"] = 0
    if v_on_read < 0 or j_on_read < 0 or call["in_frame"] == 0 or call["stop"] == 1 or (v_on_read - codon) % 3 != 0:
        return
    is_own = True  # the read has the codon of the J allele
    for i in range(3):
        is_own = is_own and read[j_on_read + i] == j_codes[j_anchor + i]
    if is_cys(read, v_on_read) and (is_own or is_phe_or_trp(read, j_on_read)):
        call["productive"] = 1


@inlined
def determine_key_region(read: U8, v_anchor: int, j_anchor: int, call: Any) -> None:
    """Write `key_start` and `key_end` into a call: from the V anchor to the end of the J anchor; -1 if there is none.

    If a segment has no anchor, or lost it to a deletion, `KEY_BASES` of its bases at the joint replace the anchor. A
    read that begins after the V anchor or ends before the J anchor has no key region, because other reads of the clone
    would have another one. See `annotate_junction` for the arguments.
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


# Number of regions: FWR1, CDR1, FWR2, CDR2, FWR3, CDR3, FWR4.
REGIONS = 7
FORWARD, BACKWARD = constant(1), constant(-1)


def locate_regions(
    calls: NDArray[Any], operations: I32, operation_offsets: I64, germline: Germline, starts: I64
) -> tuple[I64, I64]:
    """Locate the seven IMGT regions (FWR1, CDR1, FWR2, CDR2, FWR3, CDR3, FWR4) on each read.

    A partly aligned region is returned as far as it is aligned. CDR3 needs both anchors, FWR4 that of the J.

    Args:
        calls: completed calls, shape (reads,), dtype `CALL`.
        operations: `Details.operations` of these calls.
        operation_offsets: `Details.operation_offsets` of these calls.
        germline: germline reference.
        starts: first base of FWR1, CDR1, FWR2, CDR2, FWR3 in each V allele, shape (V alleles, 5); -1 if unknown.

    Returns:
        First base and base after the last of each region, each of shape (7, reads); both are -1 for a missing region.
    """
    reads = len(calls)
    first, last = (np.full((REGIONS, reads), -1, dtype=np.int64) for _ in range(2))
    one_operation = np.zeros((1, 2), dtype=np.int32)
    _locate_regions(calls, operations, operation_offsets, germline.v.alleles, starts, one_operation, first, last)
    return first, last


@leaf
def _locate_regions(
    calls: NDArray[Any],
    operations: I32,
    operation_offsets: I64,
    v_alleles: NDArray[Any],
    starts: I64,
    one_operation: I32,
    first: I64,
    last: I64,
) -> None:
    """Write the intervals of the regions to `first` and `last`, shape (7, reads); see `locate_regions`.

    `one_operation` is scratch of shape (1, 2) for an alignment without gaps.
    """
    for i in range(len(calls)):
        call = calls[i]
        v, v_on_read, j_on_read = call["v"], call["v_anchor"], call["j_anchor"]
        if v >= 0 and starts[v, 1] >= 0:
            v_operations = operations[operation_offsets[2 * i] : operation_offsets[2 * i + 1]]
            if len(v_operations) == 0:
                one_operation[0, 1] = call["v_end"] - call["v_start"]
                v_operations = one_operation
            for region in range(5):
                start = max(starts[v, region], call["v_germline_start"])
                region_end = v_alleles[v]["anchor"] + 3 if region == 4 else starts[v, region + 1]
                end = min(region_end, call["v_germline_end"])
                if start >= end:
                    continue
                first[region, i] = first_aligned_position(v_operations, call, start, FORWARD, end)
                last[region, i] = first_aligned_position(v_operations, call, end - 1, BACKWARD, start - 1) + 1
                if first[region, i] < 0:
                    last[region, i] = -1
            if v_on_read >= 0 and first[4, i] >= 0:
                last[4, i] = v_on_read + 3
        if v >= 0 and v_on_read >= 0 and j_on_read >= v_on_read + 3:
            first[5, i], last[5, i] = v_on_read + 3, j_on_read
        if call["called"] and j_on_read >= 0 and call["j_end"] > j_on_read:
            first[6, i], last[6, i] = j_on_read, call["j_end"]


@leaf
def first_aligned_position(operations: I32, call: Any, base: int, step: int, stop: int) -> int:
    """Return the base of the read that is aligned with the first V base, from `base` on, that is not deleted.

    Args:
        operations: operations of the V.
        call: the call.
        base: first base of the V to try.
        step: 1 to try towards the 3' end, -1 towards the 5' end.
        stop: base of the V at which the search stops without a result.

    Returns:
        The base of the read; -1 if every base before `stop` is deleted.
    """
    while base != stop:
        position = position_on_read(operations, len(operations), call["v_start"], call["v_germline_start"], base)
        if position >= 0:
            return position
        base += step
    return -1
