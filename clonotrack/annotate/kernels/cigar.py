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
from clonotrack.annotate.kernels.types import Germline
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I32, I64, U8, N, offsets_of

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


@inlined
def mismatch_cost(matches: int, mismatches: int) -> float:
    """What a mismatch costs in matches, at the substitution rate of this alignment.

    METHOD: log odds of a substitution at rate r against a random base, log(4 r / 3) / log(4 (1 - r)), with half a
    mismatch added; 1 to 4.
    """
    rate = min(0.25, (mismatches + 0.5) / (matches + mismatches + 1.0))
    return max(1.0, min(4.0, -math.log(4.0 * rate / 3.0) / math.log(4.0 * (1.0 - rate))))


@inlined
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


@inlined
def trim_head(pieces: I32, read: U8, read_start: int, germline: U8, germline_start: int, cost: float) -> int:
    """Shorten the first piece by what is chance and say by how many bases."""
    longest = min(LONGEST_TRIM, pieces[0, 1] - 1)
    trimmed = head_to_trim(read, read_start, germline, germline_start, longest, cost)
    pieces[0, 1] -= trimmed
    return trimmed


@inlined
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


@inlined
def write_segment(
    read: U8, on_read: int, germline: U8, on_germline: int, pieces: I32, beside: U8, below: U8, at: int
) -> int:
    """Write one segment from column `at` on: the read into `beside`, the allele into `below`.

    Args:
        read: codes of the read.
        on_read: first aligned base of the read.
        germline: codes of the allele.
        on_germline: first aligned base of the allele.
        pieces: of the alignment.
        beside: written.
        below: written.
        at: first column.

    Returns:
        The column behind the segment.
    """
    for p in range(len(pieces)):
        kind = pieces[p, 0]
        for _ in range(pieces[p, 1]):
            beside[at] = GAP
            below[at] = GAP
            if kind != DELETION:
                beside[at] = read[on_read]
                on_read += 1
            if kind != INSERTION:
                base = germline[on_germline]
                below[at] = N if base > N else base
                on_germline += 1
            at += 1
    return at


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
    bounds = _row_bounds(calls, pieces, piece_offsets)
    beside, below = (np.empty(bounds[-1], dtype=np.uint8) for _ in range(2))
    whole = np.zeros((1, 2), dtype=np.int32)
    _write_rows(
        oriented,
        offsets,
        calls,
        pieces,
        piece_offsets,
        germline.v.codes,
        germline.v.offsets,
        germline.d.codes,
        germline.d.offsets,
        germline.j.codes,
        germline.j.offsets,
        whole,
        bounds,
        beside,
        below,
    )
    return beside, below, bounds


def _row_bounds(calls: NDArray[Any], pieces: I32, piece_offsets: I64) -> I64:
    """Compute where each row of the alignment begins and ends: bases of the read, and deleted bases."""
    first = np.where(calls["v"] >= 0, calls["v_start"], calls["d_start"])
    last = np.where(calls["d2"] >= 0, calls["d2_end"], calls["d_end"])
    last = np.where(calls["j"] >= 0, calls["j_end"], last)
    deleted = offsets_of(np.where(pieces[:, 0] == DELETION, pieces[:, 1], 0))[piece_offsets[::2]]
    return offsets_of(np.where(calls["found"] == 1, last - first + np.diff(deleted), 0))


@leaf
def _write_rows(
    oriented: U8,
    offsets: I64,
    calls: NDArray[Any],
    pieces: I32,
    piece_offsets: I64,
    v_codes: U8,
    v_offsets: I64,
    d_codes: U8,
    d_offsets: I64,
    j_codes: U8,
    j_offsets: I64,
    whole: I32,
    bounds: I64,
    beside: U8,
    below: U8,
) -> None:
    """Write both rows of every read; `whole` is scratch for the one piece of an alignment without gaps."""
    for i in range(len(calls)):
        call = calls[i]
        if call["found"] == 0:
            continue
        read = oriented[offsets[i] : offsets[i + 1]]
        at = bounds[i]
        reached = call["v_start"] if call["v"] >= 0 else call["d_start"]
        for segment in range(4):
            if segment == 0:
                allele, start, end, on_germline = call["v"], call["v_start"], call["v_end"], call["v_germline_start"]
            elif segment == 1:
                allele, start, end, on_germline = call["d"], call["d_start"], call["d_end"], call["d_germline_start"]
            elif segment == 2:
                allele, start, end, on_germline = (
                    call["d2"],
                    call["d2_start"],
                    call["d2_end"],
                    call["d2_germline_start"],
                )
            else:
                allele, start, end, on_germline = call["j"], call["j_start"], call["j_end"], call["j_germline_start"]
            if allele < 0:
                continue
            of_segment = pieces[:0]
            codes, ends = d_codes, d_offsets
            if segment == 0:
                codes, ends = v_codes, v_offsets
                of_segment = pieces[piece_offsets[2 * i] : piece_offsets[2 * i + 1]]
            elif segment == 3:
                codes, ends = j_codes, j_offsets
                of_segment = pieces[piece_offsets[2 * i + 1] : piece_offsets[2 * i + 2]]
            germline = codes[ends[allele] : ends[allele + 1]]
            if len(of_segment) == 0:
                whole[0, 1] = end - start
                of_segment = whole
            for b in range(reached, start):  # bases between the segments: the read, and N below it
                beside[at] = read[b]
                below[at] = N
                at += 1
            at = write_segment(read, start, germline, on_germline, of_segment, beside, below, at)
            reached = end
