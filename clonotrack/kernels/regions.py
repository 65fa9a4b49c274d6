"""Framework and complementarity-determining regions of a rearrangement, carried over from its germline alleles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import njit
from clonotrack.kernels.pieces import place_on_read
from clonotrack.kernels.segments import Germline
from clonotrack.sequence import I32, I64

# FWR1, CDR1, FWR2, CDR2, FWR3, CDR3, FWR4.
REGIONS = 7


@njit
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
    first = np.full((REGIONS, reads), -1, dtype=np.int64)
    last = np.full((REGIONS, reads), -1, dtype=np.int64)
    whole = np.zeros((1, 2), dtype=np.int32)
    for i in range(reads):
        call = calls[i]
        v, on_v, on_j = call["v"], call["v_anchor"], call["j_anchor"]
        if v >= 0 and starts[v, 1] >= 0:
            of_v = pieces[piece_offsets[2 * i] : piece_offsets[2 * i + 1]]
            if len(of_v) == 0:
                whole[0, 1] = call["v_end"] - call["v_start"]
                of_v = whole
            for region in range(5):
                start = max(starts[v, region], call["v_germline_start"])
                behind = germline.v.anchor[v] + 3 if region == 4 else starts[v, region + 1]
                end = min(behind, call["v_germline_end"])
                if start >= end:
                    continue
                first[region, i] = beside(of_v, call, start, 1, end)
                last[region, i] = beside(of_v, call, end - 1, -1, start - 1) + 1
                if first[region, i] < 0:
                    last[region, i] = -1
            if on_v >= 0 and first[4, i] >= 0:
                last[4, i] = on_v + 3
        if v >= 0 and on_v >= 0 and on_j >= on_v + 3:
            first[5, i], last[5, i] = on_v + 3, on_j
        if call["found"] and on_j >= 0 and call["j_end"] > on_j:
            first[6, i], last[6, i] = on_j, call["j_end"]
    return first, last


@njit
def beside(pieces: I32, call: Any, base: int, step: int, stop: int) -> int:
    """The read's base beside the V's first base that is not deleted, from `base` on, before `stop`; -1 for none."""
    while base != stop:
        place = place_on_read(pieces, len(pieces), call["v_start"], call["v_germline_start"], base)
        if place >= 0:
            return place
        base += step
    return -1
