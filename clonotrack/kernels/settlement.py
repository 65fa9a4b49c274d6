"""From a V and a J at their places to whole calls: gaps, ends, D; anchors and frame are worked out in `frame`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.kernels.dsegment import expected_by_chance, find_d
from clonotrack.kernels.frame import settle_frame
from clonotrack.kernels.gapped import MATCH, align_banded
from clonotrack.kernels.jit import njit
from clonotrack.kernels.pairing import Pairs
from clonotrack.kernels.pieces import count_pieces, mismatch_cost, share_overlap, spans, trim_head, trim_tail
from clonotrack.kernels.placement import BAND, overlap, score_alleles, score_alleles_gapped, ungapped_span
from clonotrack.kernels.segments import Germline, Limits, Segments, codes_of
from clonotrack.kernels.ungapped import best_run
from clonotrack.kernels.workspace import Bench, append_ties, longest, make_bench
from clonotrack.sequence import I16, I32, I64, U8

# Bases that both read and allele have left over beyond an ungapped alignment, from which gaps are tried.
LEFT_OVER = 10
# Shortest stretch between V and J in which a D is looked for.
SHORTEST_D_STRETCH = 5
MOST_PIECES = 64


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
            v_end = ungapped_span(read, 0, germline.v, call["v_place"], call["v"])[1]
            j_start = ungapped_span(read, call["earliest_j"], germline.j, call["j_place"], call["j"])[0]
            v_gapped, v_start, v_germline_start = align_v(read, max(v_end, j_start), germline.v, v_bench, v_pieces, call)
            read_span, germline_span = spans(v_pieces, call["v_pieces"])
            call["v_end"], call["v_germline_end"] = call["v_start"] + read_span, call["v_germline_start"] + germline_span
