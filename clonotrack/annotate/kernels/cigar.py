"""An alignment as pieces: kind (MATCH, INSERTION, DELETION) and length of each, from 5' to 3'.

A place is where an alignment begins: first base of the read and of the allele, both 0-based.

The aligned part of a read with its germline beside it, from the first base of the V to the last of the J.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.annotate.kernels.score_alleles import head_to_trim, tail_to_trim
from clonotrack.annotate.kernels.types import Germline, codes_of
from clonotrack.kernels.jit import leaf, njit
from clonotrack.sequences import I32, I64, U8, N

# Most bases at an end of a segment that are tried as chance matches.
LONGEST_TRIM = 30


@leaf
def spans(pieces: I32, count: int) -> tuple[int, int]:
    """Bases of the read and of the allele that an alignment covers."""
    read = 0
    germline = 0
    for p in range(count):
        if pieces[p, 0] != DELETION:
            read += pieces[p, 1]
        if pieces[p, 0] != INSERTION:
            germline += pieces[p, 1]
    return read, germline


@leaf
def place_on_read(pieces: I32, count: int, read_start: int, germline_start: int, position: int) -> int:
    """The base of the read beside base `position` of the allele; -1 where it is outside or deleted."""
    read = read_start
    germline = germline_start
    for p in range(count):
        length = pieces[p, 1]
        if pieces[p, 0] == MATCH:
            if germline <= position < germline + length:
                return read + position - germline
            read += length
            germline += length
        elif pieces[p, 0] == INSERTION:
            read += length
        else:
            germline += length
    return -1


@leaf
def count_pieces(
    pieces: I32, count: int, read: U8, read_start: int, germline: U8, germline_start: int
) -> tuple[int, int]:
    """Matches and mismatches of an alignment; unknown bases of the read are neither."""
    i = read_start
    g = germline_start
    matches = 0
    compared = 0
    for p in range(count):
        if pieces[p, 0] == MATCH:
            unknown = 0
            for at in range(pieces[p, 1]):
                matches += read[i + at] == germline[g + at]
                unknown += read[i + at] == N
            i += pieces[p, 1]
            g += pieces[p, 1]
            compared += pieces[p, 1] - unknown
        elif pieces[p, 0] == INSERTION:
            i += pieces[p, 1]
        else:
            g += pieces[p, 1]
    return matches, compared - matches


@leaf
def mismatch_cost(matches: int, mismatches: int) -> float:
    """What a mismatch costs in matches, at the substitution rate of this alignment.

    METHOD: log odds of a substitution at rate r against a random base, log(4 r / 3) / log(4 (1 - r)), with half a
    mismatch added; 1 to 4.
    """
    rate = min(0.25, (mismatches + 0.5) / (matches + mismatches + 1.0))
    return max(1.0, min(4.0, -math.log(4.0 * rate / 3.0) / math.log(4.0 * (1.0 - rate))))


@leaf
def trim_tail(
    pieces: I32, count: int, read: U8, read_start: int, germline: U8, germline_start: int, cost: float
) -> int:
    """Shorten the last piece by what is chance (see `tail_to_trim`) and say by how many bases."""
    read_span, germline_span = spans(pieces, count)
    last = count - 1
    longest = min(LONGEST_TRIM, pieces[last, 1] - 1)
    trimmed = tail_to_trim(
        read, read_start + read_span - 1, germline, germline_start + germline_span - 1, longest, cost
    )
    pieces[last, 1] -= trimmed
    return trimmed


@leaf
def trim_head(pieces: I32, read: U8, read_start: int, germline: U8, germline_start: int, cost: float) -> int:
    """Shorten the first piece by what is chance and say by how many bases."""
    longest = min(LONGEST_TRIM, pieces[0, 1] - 1)
    trimmed = head_to_trim(read, read_start, germline, germline_start, longest, cost)
    pieces[0, 1] -= trimmed
    return trimmed


@leaf
def share_overlap(
    read: U8,
    v_germline: U8,
    v_end: int,
    v_germline_end: int,
    v_most: int,
    j_germline: U8,
    j_start: int,
    j_germline_start: int,
    j_most: int,
) -> tuple[int, int]:
    """Where bases that V and J both claim are divided: how many leave the V, how many the J.

    The cut is where most bases match; among equals the one that leaves most to the V. A base at the cut that does not
    match is nobody's.

    Args:
        read: codes of the read.
        v_germline: codes of the V.
        v_end: base of the read behind the V.
        v_germline_end: the base of the V beside it.
        v_most: most bases that the V can give.
        j_germline: codes of the J.
        j_start: first base of the read in the J.
        j_germline_start: the base of the J beside it.
        j_most: most bases that the J can give.
    """
    shared = v_end - j_start
    best = -1
    kept = shared
    for keep in range(max(0, shared - v_most), min(shared, j_most) + 1):
        score = 0
        for i in range(shared):
            if i < keep:
                score += read[j_start + i] == v_germline[v_germline_end - shared + i]
            else:
                score += read[j_start + i] == j_germline[j_germline_start + i]
        if score >= best:
            best = score
            kept = keep
    from_v = shared - kept
    from_j = kept
    while from_v < v_most and read[v_end - from_v - 1] != v_germline[v_germline_end - from_v - 1]:
        from_v += 1
    while from_j < j_most and read[j_start + from_j] != j_germline[j_germline_start + from_j]:
        from_j += 1
    return from_v, from_j


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
