"""From a V and a J at their places to the whole call: gaps, ends, D, anchors, frame, key region."""

from __future__ import annotations

from typing import Any

from clonotrack.kernels.dsegment import expected_by_chance, find_d
from clonotrack.kernels.frame import settle_frame
from clonotrack.kernels.gapped import MATCH, align_banded
from clonotrack.kernels.jit import njit
from clonotrack.kernels.pieces import count_pieces, mismatch_cost, share_overlap, spans, trim_head, trim_tail
from clonotrack.kernels.placement import BAND, overlap, score_alleles_gapped, ungapped_span
from clonotrack.kernels.segments import Germline, Limits, Segments, codes_of
from clonotrack.kernels.ungapped import best_run
from clonotrack.kernels.workspace import Workspace
from clonotrack.sequence import I32, I64, U8

# Bases that both read and allele have left over beyond an ungapped alignment, from which gaps are tried.
LEFT_OVER = 10
# Shortest stretch between V and J in which a D is looked for.
SHORTEST_D_STRETCH = 5


@njit
def settle(read: U8, germline: Germline, limits: Limits, work: Workspace, call: Any) -> None:
    """Complete a call that has its V and J alleles and places.

    Args:
        read: on the strand of the rearrangement.
        germline: the reference.
        limits: what is accepted.
        work: scratch; scores of the V and J alleles in ``v_best`` and ``j_best`` (replaced where gaps were needed),
            the D alleles' in ``d_best`` and ``d2_best`` and the pieces of both alignments afterwards.
        call: completed.
    """
    settle_v_and_j(read, germline, work, call)
    v = codes_of(germline.v, call["v"])
    j = codes_of(germline.j, call["j"])
    matches, mismatches = count_pieces(
        work.v_pieces, call["v_pieces"], read, call["v_start"], v, call["v_germline_start"]
    )
    cost = mismatch_cost(matches, mismatches)
    settle_ends(read, v, j, cost, work, call)
    call["v_matches"], call["v_mismatches"] = count_pieces(
        work.v_pieces, call["v_pieces"], read, call["v_start"], v, call["v_germline_start"]
    )
    settle_d(read, germline, limits, int(cost + 0.5), work, call)
    settle_frame(read, germline, work, call)


@njit
def align(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    place: int,
    allele: int,
    scores: I64,
    spare: I64,
    pieces: I32,
    thorough: bool,
) -> tuple[int, int, int, int, int]:
    """Align the best allele of a group, with gaps where a good part of read and allele is left over without.

    Args:
        read: codes of the read.
        start: first base that may be aligned.
        end: the base behind the last.
        segments: the alleles.
        group: the group.
        place: of its common coordinate on the read.
        allele: the best one without gaps.
        scores: of all alleles without gaps; with gaps where they are needed.
        spare: scratch, like `scores`.
        pieces: written.
        thorough: try gaps with all good alleles, not with the best one first.

    Returns:
        Score, allele, number of pieces, first aligned base of the read and of the allele.
    """
    codes = codes_of(segments, allele)
    shift = place - segments.origin[allele]
    first, length = overlap(end, start, len(codes), shift)
    score, run_first, run_last = best_run(read, first + shift, codes, first, length, 1)
    before = min(first + shift + run_first - start, first + run_first)
    after = min(end - (first + shift + run_last), len(codes) - (first + run_last))
    if max(before, after) >= LEFT_OVER and (
        thorough or align_banded(read, start, end, codes, shift, BAND, pieces)[0] > score
    ):
        gapped, other = score_alleles_gapped(read, start, end, segments, group, place, scores, spare, pieces)
        if gapped > score:
            scores[:] = spare
            shift = place - segments.origin[other]
            codes = codes_of(segments, other)
            gapped, count, on_read, on_germline = align_banded(read, start, end, codes, shift, BAND, pieces)
            return gapped, other, count, on_read, on_germline
    pieces[0, 0] = MATCH
    pieces[0, 1] = run_last - run_first
    return score, allele, 1, first + shift + run_first, first + run_first


@njit
def settle_v_and_j(read: U8, germline: Germline, work: Workspace, call: Any) -> None:
    """Align V and J; their ends may still overlap."""
    v_end = ungapped_span(read, 0, germline.v, call["v_place"], call["v"])[1]
    j_start = ungapped_span(read, call["earliest_j"], germline.j, call["j_place"], call["j"])[0]
    score, allele, count, on_read, on_germline = align(
        read,
        0,
        max(v_end, j_start),
        germline.v,
        call["v_group"],
        call["v_place"],
        call["v"],
        work.v_best,
        work.v_rough,
        work.v_pieces,
        False,
    )
    read_span, germline_span = spans(work.v_pieces, count)
    call["v"], call["v_score"], call["v_pieces"] = allele, score, count
    call["v_start"], call["v_end"] = on_read, on_read + read_span
    call["v_germline_start"], call["v_germline_end"] = on_germline, on_germline + germline_span
    score, allele, count, on_read, on_germline = align(
        read,
        min(j_start, on_read + read_span),
        len(read),
        germline.j,
        call["j_group"],
        call["j_place"],
        call["j"],
        work.j_best,
        work.j_rough,
        work.j_pieces,
        True,
    )
    read_span, germline_span = spans(work.j_pieces, count)
    call["j"], call["j_score"], call["j_pieces"] = allele, score, count
    call["j_start"], call["j_end"] = on_read, on_read + read_span
    call["j_germline_start"], call["j_germline_end"] = on_germline, on_germline + germline_span


@njit
def settle_ends(read: U8, v: U8, j: U8, cost: float, work: Workspace, call: Any) -> None:
    """Trim chance matches off the V's 3' and the J's 5' end and divide what both claim."""
    last = call["v_pieces"] - 1
    before = work.v_pieces[last, 1]
    trim_tail(work.v_pieces, call["v_pieces"], read, call["v_start"], v, call["v_germline_start"], cost)
    from_v = before - work.v_pieces[last, 1]
    from_j = trim_head(work.j_pieces, read, call["j_start"], j, call["j_germline_start"], cost)
    v_end, v_germline_end = call["v_end"] - from_v, call["v_germline_end"] - from_v
    j_start, j_germline_start = call["j_start"] + from_j, call["j_germline_start"] + from_j
    if v_end > j_start:
        v_most, j_most = work.v_pieces[last, 1] - 1, work.j_pieces[0, 1] - 1
        from_v, from_j = share_overlap(read, v, v_end, v_germline_end, v_most, j, j_start, j_germline_start, j_most)
        work.v_pieces[last, 1] -= from_v
        work.j_pieces[0, 1] -= from_j
        v_end, v_germline_end = v_end - from_v, v_germline_end - from_v
        j_start, j_germline_start = j_start + from_j, j_germline_start + from_j
    call["v_end"], call["v_germline_end"] = v_end, v_germline_end
    call["j_start"], call["j_germline_start"] = j_start, j_germline_start


@njit
def settle_d(read: U8, germline: Germline, limits: Limits, cost: int, work: Workspace, call: Any) -> None:
    """Find the D between V and J, and a second one where the locus has two as a rule."""
    group = call["j_group"]
    searched = 0
    for d in range(len(germline.d.origin)):
        work.d_allowed[d] = germline.has_d[group, d] * (germline.d.cluster[d] <= germline.j.cluster[call["j"]])
        searched += work.d_allowed[d] * (germline.d.offsets[d + 1] - germline.d.offsets[d])
    cost = min(3, cost)
    start, end = call["v_end"], call["j_start"]
    score, d, on_read, on_germline, length = d_between(
        read, start, end, searched, cost, germline, limits, work, work.d_best
    )
    if d < 0:
        return
    call["d"], call["d_score"] = d, score
    call["d_start"], call["d_end"] = on_read, on_read + length
    call["d_germline_start"], call["d_germline_end"] = on_germline, on_germline + length
    if germline.second_d[group] == 0:
        return
    score, d, on_read, on_germline, length = d_between(
        read, on_read + length, end, searched, cost, germline, limits, work, work.d2_best
    )
    if d >= 0:
        call["d2"], call["d2_score"] = d, score
        call["d2_start"], call["d2_end"] = on_read, on_read + length
        call["d2_germline_start"], call["d2_germline_end"] = on_germline, on_germline + length
        return
    score, d, on_read, on_germline, length = d_between(
        read, start, call["d_start"], searched, cost, germline, limits, work, work.d2_best
    )
    if d >= 0:
        call["d2"], call["d2_score"] = call["d"], call["d_score"]
        call["d2_start"], call["d2_end"] = call["d_start"], call["d_end"]
        call["d2_germline_start"], call["d2_germline_end"] = call["d_germline_start"], call["d_germline_end"]
        call["d"], call["d_score"] = d, score
        call["d_start"], call["d_end"] = on_read, on_read + length
        call["d_germline_start"], call["d_germline_end"] = on_germline, on_germline + length
        for i in range(len(work.d_best)):
            work.d_best[i], work.d2_best[i] = work.d2_best[i], work.d_best[i]


@njit
def d_between(
    read: U8,
    start: int,
    end: int,
    searched: int,
    cost: int,
    germline: Germline,
    limits: Limits,
    work: Workspace,
    scores: I64,
) -> tuple[int, int, int, int, int]:
    """`find_d` in ``read[start:end]``, allele -1 where chance would do as well; positions on the read."""
    if end - start < SHORTEST_D_STRETCH or searched == 0:
        return 0, -1, 0, 0, 0
    score, allele, first, on_germline, length = find_d(
        read[start:end],
        germline.d,
        germline.d_seeds,
        work.d_allowed,
        cost,
        work.d_numbers,
        work.d_votes,
        work.d_touched,
        scores,
    )
    expected = expected_by_chance(score, cost, searched * (end - start))
    if allele < 0 or expected > limits.max_d_expected:
        return 0, -1, 0, 0, 0
    return score, allele, start + first, on_germline, length
