"""V(D)J recombinations of many reads: which alleles, on which strand, where.

For each read k-mers of both strands vote for (V group, place); the best few candidates are aligned without gaps to
every allele of their group; behind each, on the same strand, the J is found the same way among the groups that
recombine with that V. The pair with the highest sum of scores is taken (`pairing`), then gaps, ends, D and frame are
worked out (`settlement`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.jit import njit
from clonotrack.kernels.pairing import CANDIDATES, find_pair
from clonotrack.kernels.segments import Germline, Limits
from clonotrack.kernels.settlement import settle
from clonotrack.kernels.workspace import CALL, longest, make_workspace
from clonotrack.sequence import COMPLEMENT, I16, I32, I64, U8


class Recombinations(NamedTuple):
    """Calls of many reads.

    Attributes:
        calls: shape (reads,), dtype `CALL`.
        oriented: codes of the reads, on the strand of the rearrangement, same offsets as the reads.
        ties: alleles that explain a read equally well, V, J, D, second D of each read in turn.
        tie_offsets: shape (4 reads + 1,).
        pieces: kind and length of the pieces of gapped alignments, V and J of each read in turn, shape (.., 2).
        piece_offsets: shape (2 reads + 1,); nothing where there is one piece.
    """

    calls: NDArray[Any]
    oriented: U8
    ties: I16
    tie_offsets: I64
    pieces: I32
    piece_offsets: I64


@njit
def reverse_complement(read: U8, out: U8) -> None:
    """Write the other strand."""
    n = len(read)
    for i in range(n):
        out[n - 1 - i] = COMPLEMENT[read[i]]


@njit
def append_ties(ties: I16, used: int, scores: I64) -> tuple[I16, int]:
    """Append the alleles with the highest score, if it is above 0; gives back the (larger) buffer and its use."""
    best = 0
    for allele in range(len(scores)):
        best = max(best, scores[allele])
    if used + len(scores) > len(ties):
        larger = np.empty(2 * len(ties) + len(scores), dtype=np.int16)
        larger[:used] = ties[:used]
        ties = larger
    for allele in range(len(scores)):
        if best > 0 and scores[allele] == best:
            ties[used] = allele
            used += 1
    return ties, used


@njit
def append_pieces(pieces: I32, used: int, more: I32, count: int) -> tuple[I32, int]:
    """Append the pieces of an alignment with gaps; gives back the (larger) buffer and its use."""
    if count < 2:
        return pieces, used
    if used + count > len(pieces):
        larger = np.empty((2 * len(pieces) + count, 2), dtype=np.int32)
        larger[:used] = pieces[:used]
        pieces = larger
    pieces[used : used + count] = more[:count]
    return pieces, used + count


@njit
def find_recombinations(codes: U8, offsets: I64, germline: Germline, limits: Limits) -> Recombinations:
    """Annotate reads.

    Args:
        codes: bases of the reads, one after the other.
        offsets: shape (reads + 1,).
        germline: the reference.
        limits: what is accepted.
    """
    reads = len(offsets) - 1
    calls = np.zeros(reads, dtype=CALL)
    oriented = codes.copy()
    ties = np.empty(16 * reads + 16, dtype=np.int16)
    tie_offsets = np.zeros(4 * reads + 1, dtype=np.int64)
    pieces = np.empty((16, 2), dtype=np.int32)
    piece_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    most = longest(offsets)
    work = make_workspace(most, germline, CANDIDATES)
    everything = np.ones(len(germline.v.group_offsets), dtype=np.int64)
    elected = np.zeros((2, CANDIDATES, 3), dtype=np.int64)
    backward = np.empty(most, dtype=np.uint8)
    found = np.zeros(1, dtype=CALL)
    used_ties = 0
    used_pieces = 0
    for i in range(reads):
        call = calls[i]
        call["v"], call["j"], call["d"], call["d2"] = -1, -1, -1, -1
        forward = codes[offsets[i] : offsets[i + 1]]
        other = backward[: len(forward)]
        reverse_complement(forward, other)
        best = find_pair(forward, other, germline, limits, work, everything, elected, found[0], call)
        if best > 0:
            read = oriented[offsets[i] : offsets[i + 1]]
            if call["reversed"]:
                read[:] = other
            settle(read, germline, limits, work, call)
            ties, used_ties = append_ties(ties, used_ties, work.v_best)
            tie_offsets[4 * i + 1] = used_ties
            ties, used_ties = append_ties(ties, used_ties, work.j_best)
            tie_offsets[4 * i + 2] = used_ties
            if call["d"] >= 0:
                ties, used_ties = append_ties(ties, used_ties, work.d_best)
            tie_offsets[4 * i + 3] = used_ties
            if call["d2"] >= 0:
                ties, used_ties = append_ties(ties, used_ties, work.d2_best)
            tie_offsets[4 * i + 4] = used_ties
            pieces, used_pieces = append_pieces(pieces, used_pieces, work.v_pieces, call["v_pieces"])
            piece_offsets[2 * i + 1] = used_pieces
            pieces, used_pieces = append_pieces(pieces, used_pieces, work.j_pieces, call["j_pieces"])
            piece_offsets[2 * i + 2] = used_pieces
        else:
            tie_offsets[4 * i + 1 : 4 * i + 5] = used_ties
            piece_offsets[2 * i + 1 : 2 * i + 3] = used_pieces
    return Recombinations(calls, oriented, ties[:used_ties], tie_offsets, pieces[:used_pieces], piece_offsets)
