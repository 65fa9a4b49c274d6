"""From a V and a J at their places to whole calls: gaps and ends (`alignment`), D (`dsegment`), anchors (`frame`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clonotrack.annotate.kernels.align_vj import settle_ends, settle_v_and_j
from clonotrack.annotate.kernels.cigar import count_pieces, mismatch_cost
from clonotrack.annotate.kernels.find_d import settle_d
from clonotrack.annotate.kernels.find_vj import Pairs
from clonotrack.annotate.kernels.frame import settle_frame
from clonotrack.annotate.kernels.score_alleles import expected_by_chance
from clonotrack.annotate.kernels.types import Germline, Limits, append_ties, codes_of, group_of, longest, make_bench
from clonotrack.kernels.jit import leaf, njit
from clonotrack.sequences import I16, I32, I64

MOST_PIECES = 64
# METHOD: E-values of V and J are so many times those of Karlin and Altschul, whose sequences have no ends and no
# relatives among them: as many J as that are found in random sequence behind germline V, in every locus and at every
# level up to 0.1 (benchmarks/false_annotations.py).
CALIBRATION = 0.3
# METHOD: the same of a D in random bases between V and J, in every locus with D.
D_CALIBRATION = 0.2


class Details(NamedTuple):
    """What belongs to the calls of many reads and differs in length.

    Attributes:
        ties: alleles that explain a read equally well: V, J, D, second D of each read in turn.
        tie_offsets: shape (4 reads + 1,).
        pieces: kind and length of the pieces of alignments with gaps, V and J of each read in turn, shape (.., 2).
        piece_offsets: shape (2 reads + 1,); nothing where there is one piece.
    """

    ties: I16
    tie_offsets: I64
    pieces: I32
    piece_offsets: I64


@njit
def settle_pairs(offsets: I64, pairs: Pairs, germline: Germline, limits: Limits) -> Details:
    """Complete the calls of reads that have their V and J.

    Args:
        offsets: of the reads, shape (reads + 1,).
        pairs: of `find_pairs`; its calls are completed.
        germline: the reference.
        limits: what is accepted.
    """
    reads = len(offsets) - 1
    ties = np.empty(2 * len(pairs.ties) + 16, dtype=np.int16)
    tie_offsets = np.zeros(4 * reads + 1, dtype=np.int64)
    pieces = np.empty((16, 2), dtype=np.int32)
    piece_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    most = longest(offsets)
    v_bench = make_bench(most, germline.v, 1)
    j_bench = make_bench(most, germline.j, 1)
    d_bench = make_bench(most, germline.d, 1)
    d_allowed = np.zeros(len(germline.d.origin), dtype=np.int64)
    v_pieces = np.zeros((MOST_PIECES, 2), dtype=np.int32)
    j_pieces = np.zeros((MOST_PIECES, 2), dtype=np.int32)
    used = 0
    used_pieces = 0
    for i in range(reads):
        call = pairs.calls[i]
        call["d"] = -1
        call["d2"] = -1
        if call["v"] >= 0:
            read = pairs.oriented[offsets[i] : offsets[i + 1]]
            v_gapped, j_gapped = settle_v_and_j(read, germline, v_bench, j_bench, v_pieces, j_pieces, call)
            v = codes_of(germline.v, call["v"])
            j = codes_of(germline.j, call["j"])
            matches, mismatches = count_pieces(
                v_pieces, call["v_pieces"], read, call["v_start"], v, call["v_germline_start"]
            )
            cost = mismatch_cost(matches, mismatches)
            settle_ends(read, v, j, cost, v_pieces, j_pieces, call)
            call["v_matches"], call["v_mismatches"] = count_pieces(
                v_pieces, call["v_pieces"], read, call["v_start"], v, call["v_germline_start"]
            )
            call["j_matches"], call["j_mismatches"] = count_pieces(
                j_pieces, call["j_pieces"], read, call["j_start"], j, call["j_germline_start"]
            )
            settle_d(read, germline, limits, min(3, int(cost + 0.5)), d_allowed, d_bench, call)
            settle_frame(read, germline, v_pieces, j_pieces, call)
            settle_support(germline, len(read), call)
            call["found"] = 1
            if v_gapped:
                start, end = group_of(germline.v, call["v_group"])
                ties, used = append_ties(ties, used, v_bench.best, start, end)
            else:
                ties, used = append_tied(ties, used, pairs.ties, pairs.tie_offsets[2 * i], pairs.tie_offsets[2 * i + 1])
            tie_offsets[4 * i + 1] = used
            if j_gapped:
                start, end = group_of(germline.j, call["j_group"])
                ties, used = append_ties(ties, used, j_bench.best, start, end)
            else:
                ties, used = append_tied(
                    ties, used, pairs.ties, pairs.tie_offsets[2 * i + 1], pairs.tie_offsets[2 * i + 2]
                )
            tie_offsets[4 * i + 2] = used
            if call["d"] >= 0:
                ties, used = append_ties(ties, used, d_bench.best, 0, len(d_bench.best))
            tie_offsets[4 * i + 3] = used
            if call["d2"] >= 0:
                ties, used = append_ties(ties, used, d_bench.scores, 0, len(d_bench.scores))
            if call["v_pieces"] > 1:
                pieces, used_pieces = append_pieces(pieces, used_pieces, v_pieces, call["v_pieces"])
            piece_offsets[2 * i + 1] = used_pieces
            if call["j_pieces"] > 1:
                pieces, used_pieces = append_pieces(pieces, used_pieces, j_pieces, call["j_pieces"])
        for turn in range(1, 5):
            tie_offsets[4 * i + turn] = max(tie_offsets[4 * i + turn], tie_offsets[4 * i + turn - 1])
        tie_offsets[4 * i + 4] = used
        piece_offsets[2 * i + 1] = max(piece_offsets[2 * i + 1], piece_offsets[2 * i])
        piece_offsets[2 * i + 2] = used_pieces
    return Details(ties[:used], tie_offsets, pieces[:used_pieces], piece_offsets)


@leaf
def settle_support(germline: Germline, length: int, call: Any) -> None:
    """E-values: of the V anywhere on both strands, of the J behind it, of the D between."""
    call["v_expected"] = CALIBRATION * expected_by_chance(call["v_score"], 1, 2 * length * len(germline.v.codes))
    call["d_expected"] *= D_CALIBRATION
    call["d2_expected"] *= D_CALIBRATION
    call["j_expected"] *= CALIBRATION


@njit
def append_tied(ties: I16, used: int, source: I16, start: int, end: int) -> tuple[I16, int]:
    """Append alleles that were found to tie before; see `append_ties`."""
    if used + end - start > len(ties):
        larger = np.empty(2 * len(ties) + end - start, dtype=np.int16)
        for i in range(used):
            larger[i] = ties[i]
        ties = larger
    for i in range(start, end):
        ties[used] = source[i]
        used += 1
    return ties, used


@njit
def append_pieces(pieces: I32, used: int, more: I32, count: int) -> tuple[I32, int]:
    """Append the pieces of an alignment; see `append_ties`."""
    if used + count > len(pieces):
        larger = np.empty((2 * len(pieces) + count, 2), dtype=np.int32)
        for i in range(used):
            larger[i, 0] = pieces[i, 0]
            larger[i, 1] = pieces[i, 1]
        pieces = larger
    for i in range(count):
        pieces[used, 0] = more[i, 0]
        pieces[used, 1] = more[i, 1]
        used += 1
    return pieces, used
