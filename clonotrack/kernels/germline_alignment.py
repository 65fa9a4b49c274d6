"""The aligned part of a read with its germline beside it, from the first base of the V to the last of the J."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.kernels.jit import leaf, njit
from clonotrack.kernels.segments import Germline, codes_of
from clonotrack.sequence import I32, I64, U8, N

GAP = 5


@leaf
def write_segment(
    read: U8, on_read: int, germline: U8, on_germline: int, length: int, pieces: I32, beside: U8, below: U8, at: int
) -> int:
    """Write one segment from column `at` on: the read into `beside`, the allele into `below`.

    Args:
        read: codes of the read.
        on_read: first aligned base of the read.
        germline: codes of the allele.
        on_germline: first aligned base of the allele.
        length: bases that are aligned where there is one piece.
        pieces: of an alignment with gaps; empty for none.
        beside: written.
        below: written.
        at: first column.

    Returns:
        The column behind the segment.
    """
    for p in range(max(1, len(pieces))):
        kind = MATCH if len(pieces) == 0 else pieces[p, 0]
        for _ in range(length if len(pieces) == 0 else pieces[p, 1]):
            beside[at] = GAP if kind == DELETION else read[on_read]
            below[at] = GAP if kind == INSERTION else min(N, germline[on_germline])
            on_read += kind != DELETION
            on_germline += kind != INSERTION
            at += 1
    return at


@leaf
def write_inserted(read: U8, start: int, end: int, beside: U8, below: U8, at: int) -> int:
    """Write bases between segments: the read, and N below it."""
    for i in range(start, end):
        beside[at] = read[i]
        below[at] = N
        at += 1
    return at


@njit
def align_to_germline(
    oriented: U8, offsets: I64, calls: NDArray[Any], pieces: I32, piece_offsets: I64, germline: Germline
) -> tuple[U8, U8, I64]:
    """Both rows of the alignment of every read, nothing for reads without a call.

    Args:
        oriented: codes of the reads on the strand of the rearrangement.
        offsets: shape (reads + 1,).
        calls: completed by `settle_pairs`, which gives the next two too.
        pieces: of gapped alignments.
        piece_offsets: V and J of each read in turn.
        germline: the reference.

    Returns:
        Codes of the reads' rows and of the germline's rows (`GAP` where there is none) and their offsets.
    """
    reads = len(calls)
    bounds = np.zeros(reads + 1, dtype=np.int64)
    for i in range(reads):
        length = 0
        if calls[i]["found"]:
            first, last = span_of(calls[i])
            length = last - first
            for p in range(piece_offsets[2 * i], piece_offsets[2 * i + 2]):
                if pieces[p, 0] == DELETION:
                    length += pieces[p, 1]
        bounds[i + 1] = bounds[i] + length
    beside = np.empty(bounds[reads], dtype=np.uint8)
    below = np.empty(bounds[reads], dtype=np.uint8)
    none = pieces[:0]
    for i in range(reads):
        call = calls[i]
        if call["found"] == 0:
            continue
        read = oriented[offsets[i] : offsets[i + 1]]
        of_v = pieces[piece_offsets[2 * i] : piece_offsets[2 * i + 1]]
        of_j = pieces[piece_offsets[2 * i + 1] : piece_offsets[2 * i + 2]]
        at = bounds[i]
        reached = span_of(call)[0]
        if call["v"] >= 0:
            v = codes_of(germline.v, call["v"])
            start, length = call["v_germline_start"], call["v_germline_end"] - call["v_germline_start"]
            at = write_segment(read, call["v_start"], v, start, length, of_v, beside, below, at)
            reached = call["v_end"]
        if call["d"] >= 0:
            at = write_inserted(read, reached, call["d_start"], beside, below, at)
            d = codes_of(germline.d, call["d"])
            start, length = call["d_germline_start"], call["d_germline_end"] - call["d_germline_start"]
            at = write_segment(read, call["d_start"], d, start, length, none, beside, below, at)
            reached = call["d_end"]
        if call["d2"] >= 0:
            at = write_inserted(read, reached, call["d2_start"], beside, below, at)
            d = codes_of(germline.d, call["d2"])
            start, length = call["d2_germline_start"], call["d2_germline_end"] - call["d2_germline_start"]
            at = write_segment(read, call["d2_start"], d, start, length, none, beside, below, at)
            reached = call["d2_end"]
        if call["j"] >= 0:
            at = write_inserted(read, reached, call["j_start"], beside, below, at)
            j = codes_of(germline.j, call["j"])
            start, length = call["j_germline_start"], call["j_germline_end"] - call["j_germline_start"]
            write_segment(read, call["j_start"], j, start, length, of_j, beside, below, at)
    return beside, below, bounds


@njit
def span_of(call: Any) -> tuple[int, int]:
    """First base of the first segment of a call, and the base behind its last."""
    first = call["v_start"] if call["v"] >= 0 else call["d_start"]
    last = call["d2_end"] if call["d2"] >= 0 else call["d_end"]
    return first, call["j_end"] if call["j"] >= 0 else last
