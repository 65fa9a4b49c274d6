"""An alignment as pieces: kind (MATCH, INSERTION, DELETION) and length of each, from 5' to 3'.

A place is where an alignment begins: first base of the read and of the allele, both 0-based.
"""

from __future__ import annotations

import math

from clonotrack.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.kernels.jit import leaf
from clonotrack.kernels.ungapped import head_to_trim, tail_to_trim
from clonotrack.sequence import I32, U8, N

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
