"""From a V and a J at their places to whole calls: gaps and ends (`alignment`), D (`dsegment`), anchors (`frame`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.align_vj import settle_ends, settle_v_and_j
from clonotrack.annotate.kernels.cigar import count_pieces, mismatch_cost
from clonotrack.annotate.kernels.find_d import settle_d
from clonotrack.annotate.kernels.find_vj import Pairs
from clonotrack.annotate.kernels.frame import settle_frame
from clonotrack.annotate.kernels.score_alleles import expected_by_chance
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.annotate.kernels.types import (
    FIRST,
    Germline,
    Limits,
    Scores,
    Scratch,
    Segments,
    append_ties,
    longest,
    make_scores,
    make_scratch,
)
from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I16, I32, I64, U8

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


def settle_pairs(offsets: I64, pairs: Pairs, germline: Germline, limits: Limits) -> Details:
    """Complete the calls of reads that have their V and J.

    Args:
        offsets: of the reads, shape (reads + 1,).
        pairs: of `find_pairs`; its calls are completed.
        germline: the reference.
        limits: what is accepted.
    """
    reads = len(offsets) - 1
    v, d, j = germline.v, germline.d, germline.j
    most_ties = len(v.origin) + 2 * len(d.origin) + len(j.origin)
    ties = np.empty(2 * len(pairs.ties) + most_ties, dtype=np.int16)
    tie_offsets = np.zeros(4 * reads + 1, dtype=np.int64)
    pieces = np.empty((2 * MOST_PIECES, 2), dtype=np.int32)
    piece_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    kinds = (v, germline.v_seeds), (d, germline.d_seeds), (j, germline.j_seeds)
    scratch = make_scratch(longest(offsets), kinds, 1)
    scores = make_scores(v), make_scores(d), make_scores(j)
    d_allowed = np.zeros(len(d.origin), dtype=np.int64)
    v_pieces, j_pieces = (np.zeros((MOST_PIECES, 2), dtype=np.int32) for _ in range(2))
    done = used = used_pieces = 0
    while done < reads:
        done, used, used_pieces = _settle_pairs(
            done,
            offsets,
            pairs.calls,
            pairs.oriented,
            pairs.ties,
            pairs.tie_offsets,
            v,
            d,
            germline.d_seeds,
            j,
            germline.has_d,
            germline.first_d,
            germline.second_d,
            limits,
            scratch,
            *scores,
            d_allowed,
            v_pieces,
            j_pieces,
            ties,
            used,
            tie_offsets,
            pieces,
            used_pieces,
            piece_offsets,
        )
        if done < reads:
            ties = np.concatenate([ties, np.empty_like(ties)])
            pieces = np.concatenate([pieces, np.empty_like(pieces)])
    return Details(ties[:used], tie_offsets, pieces[:used_pieces], piece_offsets)


@leaf
def _settle_pairs(
    first: int,
    offsets: I64,
    calls: NDArray[Any],
    oriented: U8,
    found_ties: I16,
    found_tie_offsets: I64,
    v: Segments,
    d: Segments,
    d_seeds: Seeds,
    j: Segments,
    has_d: I64,
    first_d: F64,
    second_d: F64,
    limits: Limits,
    scratch: Scratch,
    v_scores: Scores,
    d_scores: Scores,
    j_scores: Scores,
    d_allowed: I64,
    v_pieces: I32,
    j_pieces: I32,
    ties: I16,
    used: int,
    tie_offsets: I64,
    pieces: I32,
    used_pieces: int,
    piece_offsets: I64,
) -> tuple[int, int, int]:
    """Complete the calls of the reads from `first` on, up to one whose ties or pieces may not fit; see `settle_pairs`.

    Returns:
        The first read that is left, and how much of `ties` and of `pieces` is used.
    """
    reads = len(offsets) - 1
    most_ties = len(v_scores.best) + 2 * len(d_scores.best) + len(j_scores.best)
    for i in range(first, reads):
        if len(ties) - used < most_ties or len(pieces) - used_pieces < 2 * MOST_PIECES:
            return i, used, used_pieces
        call = calls[i]
        call["d"] = -1
        call["d2"] = -1
        if call["v"] >= 0:
            read = oriented[offsets[i] : offsets[i + 1]]
            v_gapped, j_gapped = settle_v_and_j(read, v, j, v_scores, j_scores, scratch, v_pieces, j_pieces, call)
            v_codes, j_codes = (
                v.codes[v.offsets[call["v"]] : v.offsets[call["v"] + 1]],
                j.codes[j.offsets[call["j"]] : j.offsets[call["j"] + 1]],
            )
            matches, mismatches = count_pieces(
                v_pieces, call["v_pieces"], read, call["v_start"], v_codes, call["v_germline_start"]
            )
            cost = mismatch_cost(matches, mismatches)
            settle_ends(read, v_codes, j_codes, cost, v_pieces, j_pieces, call)
            call["v_matches"], call["v_mismatches"] = count_pieces(
                v_pieces, call["v_pieces"], read, call["v_start"], v_codes, call["v_germline_start"]
            )
            call["j_matches"], call["j_mismatches"] = count_pieces(
                j_pieces, call["j_pieces"], read, call["j_start"], j_codes, call["j_germline_start"]
            )
            group = call["j_group"]
            most_d = limits.max_d_expected * first_d[group]
            settle_d(
                read,
                d,
                d_seeds,
                has_d[group],
                v.alleles[call["v"]]["order"],
                j.alleles[call["j"]]["order"],
                most_d,
                most_d * second_d[group],
                min(3, int(cost + 0.5)),
                d_allowed,
                d_scores,
                scratch.votes,
                call,
            )
            v_anchor, j_anchor = v.alleles[call["v"]]["anchor"], j.alleles[call["j"]]["anchor"]
            settle_frame(read, v_codes, j_codes, v_anchor, j_anchor, v_pieces, j_pieces, call)
            # E-values: of the V anywhere on both strands, of the J after it, of the D between
            call["v_expected"] = CALIBRATION * expected_by_chance(call["v_score"], 1, 2 * len(read) * len(v.codes))
            call["d_expected"] *= D_CALIBRATION
            call["d2_expected"] *= D_CALIBRATION
            call["j_expected"] *= CALIBRATION
            call["found"] = 1
            if v_gapped:
                start, end = v.groups[call["v_group"]]["first"], v.groups[call["v_group"]]["end"]
                used = append_ties(ties, used, v_scores.best, start, end)
            else:
                used = append_tied(ties, used, found_ties, found_tie_offsets[2 * i], found_tie_offsets[2 * i + 1])
            tie_offsets[4 * i + 1] = used
            if j_gapped:
                start, end = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
                used = append_ties(ties, used, j_scores.best, start, end)
            else:
                used = append_tied(ties, used, found_ties, found_tie_offsets[2 * i + 1], found_tie_offsets[2 * i + 2])
            tie_offsets[4 * i + 2] = used
            if call["d"] >= 0:
                used = append_ties(ties, used, d_scores.best, FIRST, len(d_scores.best))
            tie_offsets[4 * i + 3] = used
            if call["d2"] >= 0:
                used = append_ties(ties, used, d_scores.last, FIRST, len(d_scores.last))
            if call["v_pieces"] > 1:
                used_pieces = append_pieces(pieces, used_pieces, v_pieces, call["v_pieces"])
            piece_offsets[2 * i + 1] = used_pieces
            if call["j_pieces"] > 1:
                used_pieces = append_pieces(pieces, used_pieces, j_pieces, call["j_pieces"])
        for turn in range(1, 5):
            tie_offsets[4 * i + turn] = max(tie_offsets[4 * i + turn], tie_offsets[4 * i + turn - 1])
        tie_offsets[4 * i + 4] = used
        piece_offsets[2 * i + 1] = max(piece_offsets[2 * i + 1], piece_offsets[2 * i])
        piece_offsets[2 * i + 2] = used_pieces
    return reads, used, used_pieces


@leaf
def append_tied(ties: I16, used: int, source: I16, start: int, end: int) -> int:
    """Append alleles that were found to tie before; see `append_ties`."""
    for i in range(start, end):
        ties[used] = source[i]
        used += 1
    return used


@leaf
def append_pieces(pieces: I32, used: int, more: I32, count: int) -> int:
    """Append the pieces of an alignment; see `append_ties`."""
    for i in range(count):
        pieces[used, 0] = more[i, 0]
        pieces[used, 1] = more[i, 1]
        used += 1
    return used
