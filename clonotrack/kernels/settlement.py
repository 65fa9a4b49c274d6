"""From a V and a J at their places to whole calls: gaps, ends, D; anchors and frame are worked out in `frame`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

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
# Alleles of which gaps are tried with all that are good without, not with the best one first [nt].
SHORT = 100
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
            settle_d(read, germline, limits, min(3, int(cost + 0.5)), d_allowed, d_bench, call)
            settle_frame(read, germline, v_pieces, j_pieces, call)
            if v_gapped:
                ties, used = append_ties(ties, used, v_bench.best)
            else:
                ties, used = append_tied(ties, used, pairs.ties, pairs.tie_offsets[2 * i], pairs.tie_offsets[2 * i + 1])
            tie_offsets[4 * i + 1] = used
            if j_gapped:
                ties, used = append_ties(ties, used, j_bench.best)
            else:
                ties, used = append_tied(
                    ties, used, pairs.ties, pairs.tie_offsets[2 * i + 1], pairs.tie_offsets[2 * i + 2]
                )
            tie_offsets[4 * i + 2] = used
            if call["d"] >= 0:
                ties, used = append_ties(ties, used, d_bench.best)
            tie_offsets[4 * i + 3] = used
            if call["d2"] >= 0:
                ties, used = append_ties(ties, used, d_bench.scores)
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


@njit
def settle_v_and_j(
    read: U8, germline: Germline, v_bench: Bench, j_bench: Bench, v_pieces: I32, j_pieces: I32, call: Any
) -> tuple[bool, bool]:
    """Align V and J, with gaps where these are needed; their ends may still overlap.

    Returns:
        Whether the V, and whether the J, was chosen anew with gaps; the scores are then in the bench's ``best``.
    """
    nothing = min(0, len(read))  # a number that numba does not compile a variant of its own for, as it does for 0
    v_end = ungapped_span(read, nothing, germline.v, call["v_place"], call["v"])[1]
    j_start = ungapped_span(read, call["earliest_j"], germline.j, call["j_place"], call["j"])[0]
    v_gapped, score, allele, count, on_read, on_germline = align(
        read, nothing, max(v_end, j_start), germline.v, call["v_group"], call["v_place"], call["v"], v_bench, v_pieces
    )
    read_span, germline_span = spans(v_pieces, count)
    call["v"] = allele
    call["v_score"] = score
    call["v_pieces"] = count
    call["v_start"] = on_read
    call["v_end"] = on_read + read_span
    call["v_germline_start"] = on_germline
    call["v_germline_end"] = on_germline + germline_span
    earliest = min(j_start, on_read + read_span)
    j_gapped, score, allele, count, on_read, on_germline = align(
        read, earliest, len(read), germline.j, call["j_group"], call["j_place"], call["j"], j_bench, j_pieces
    )
    read_span, germline_span = spans(j_pieces, count)
    call["j"] = allele
    call["j_score"] = score
    call["j_pieces"] = count
    call["j_start"] = on_read
    call["j_end"] = on_read + read_span
    call["j_germline_start"] = on_germline
    call["j_germline_end"] = on_germline + germline_span
    return v_gapped, j_gapped


@njit
def align(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    place: int,
    allele: int,
    bench: Bench,
    pieces: I32,
) -> tuple[bool, int, int, int, int, int]:
    """Align the best allele of a group, with gaps where a good part of read and allele is left over without.

    Args:
        read: codes of the read.
        start: first base that may be aligned.
        end: the base behind the last.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        allele: the best one without gaps.
        bench: scratch; ``best`` holds the scores of all alleles with gaps, if gaps are needed.
        pieces: written.

    Returns:
        Whether gaps were needed; score, allele, number of pieces, first aligned base of the read and of the allele.
    """
    codes = codes_of(segments, allele)
    shift = place - segments.origin[allele]
    first, last = overlap(start, end, len(codes), shift)
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], 1)
    before = min(first + shift + run_first - start, first + run_first)
    after = min(end - (first + shift + run_last), len(codes) - (first + run_last))
    if max(before, after) >= LEFT_OVER and (
        len(codes) <= SHORT or align_banded(read, start, end, codes, shift, BAND, pieces)[0] > score
    ):
        score_alleles(read, segments, group, place, start, bench.rough, bench.scores)
        gapped, other = score_alleles_gapped(read, start, end, segments, group, place, bench.scores, bench.best, pieces)
        if gapped > score:
            shift = place - segments.origin[other]
            gapped, count, on_read, on_germline = align_banded(
                read, start, end, codes_of(segments, other), shift, BAND, pieces
            )
            return True, gapped, other, count, on_read, on_germline
    pieces[0, 0] = MATCH
    pieces[0, 1] = run_last - run_first
    return False, score, allele, 1, first + shift + run_first, first + run_first


@njit
def settle_ends(read: U8, v: U8, j: U8, cost: float, v_pieces: I32, j_pieces: I32, call: Any) -> None:
    """Trim chance matches off the V's 3' and the J's 5' end and divide what both claim."""
    last = call["v_pieces"] - 1
    from_v = trim_tail(v_pieces, call["v_pieces"], read, call["v_start"], v, call["v_germline_start"], cost)
    from_j = trim_head(j_pieces, read, call["j_start"], j, call["j_germline_start"], cost)
    v_end, v_germline_end = call["v_end"] - from_v, call["v_germline_end"] - from_v
    j_start, j_germline_start = call["j_start"] + from_j, call["j_germline_start"] + from_j
    if v_end > j_start:
        v_most, j_most = v_pieces[last, 1] - 1, j_pieces[0, 1] - 1
        from_v, from_j = share_overlap(read, v, v_end, v_germline_end, v_most, j, j_start, j_germline_start, j_most)
        v_pieces[last, 1] -= from_v
        j_pieces[0, 1] -= from_j
        v_end, v_germline_end = v_end - from_v, v_germline_end - from_v
        j_start, j_germline_start = j_start + from_j, j_germline_start + from_j
    call["v_end"] = v_end
    call["v_germline_end"] = v_germline_end
    call["j_start"] = j_start
    call["j_germline_start"] = j_germline_start


@njit
def settle_d(read: U8, germline: Germline, limits: Limits, cost: int, allowed: I64, bench: Bench, call: Any) -> None:
    """Find the D between V and J, and a second one where the locus has two as a rule.

    The scores of all alleles are in the bench's ``best``, of the second D in ``scores``.
    """
    group = call["j_group"]
    bases = 0
    for d in range(len(germline.d.origin)):
        allowed[d] = germline.has_d[group, d] * (germline.d.cluster[d] <= germline.j.cluster[call["j"]])
        bases += allowed[d] * (germline.d.offsets[d + 1] - germline.d.offsets[d])
    if bases == 0:
        return
    first, last = call["v_end"], call["j_start"]
    beyond = limits.max_d_expected
    for turn in range(1 + germline.second_d[group]):
        for side in range(1 + turn):
            start, end = first, last
            if turn == 1 and side == 0:
                start = call["d_end"]
            elif turn == 1:
                end = call["d_start"]
            if end - start < SHORTEST_D_STRETCH:
                continue
            scores = bench.best if turn == 0 else bench.scores
            score, d, on_stretch, on_germline, length = find_d(
                read[start:end], germline.d, allowed, cost, bench, scores
            )
            if d < 0 or expected_by_chance(score, cost, bases * (end - start)) > beyond:
                continue
            if turn == 0 or side == 1:
                if turn == 1:
                    make_first_second(bench, call)
                call["d"] = d
                call["d_score"] = score
                call["d_start"] = start + on_stretch
                call["d_end"] = start + on_stretch + length
                call["d_germline_start"] = on_germline
                call["d_germline_end"] = on_germline + length
            else:
                call["d2"] = d
                call["d2_score"] = score
                call["d2_start"] = start + on_stretch
                call["d2_end"] = start + on_stretch + length
                call["d2_germline_start"] = on_germline
                call["d2_germline_end"] = on_germline + length
            break
        if call["d"] < 0:
            break


@njit
def make_first_second(bench: Bench, call: Any) -> None:
    """The D that was found first lies behind the one found now: it becomes the second."""
    call["d2"] = call["d"]
    call["d2_score"] = call["d_score"]
    call["d2_start"] = call["d_start"]
    call["d2_end"] = call["d_end"]
    call["d2_germline_start"] = call["d_germline_start"]
    call["d2_germline_end"] = call["d_germline_end"]
    for allele in range(len(bench.best)):
        bench.best[allele], bench.scores[allele] = bench.scores[allele], bench.best[allele]
