"""V and J laid along a read: with gaps where these are needed, ends trimmed, what both claim divided."""

from __future__ import annotations

from typing import Any

from clonotrack.annotate.kernels.cigar import share_overlap, spans, trim_head, trim_tail
from clonotrack.annotate.kernels.gapped import BAND, GAP_EXTEND, GAP_OPEN, MATCH, align_banded
from clonotrack.annotate.kernels.score_alleles import (
    VJ_COST,
    best_run,
    count_matches,
    score_alleles,
    score_alleles_gapped,
    ungapped_run,
)
from clonotrack.annotate.kernels.types import FIRST, Scores, Scratch, Segments
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I32, U8

# Bases that both read and allele have left over beyond an ungapped alignment, from which gaps are tried.
LEFT_OVER = 10
# Bases inside the ungapped alignment that may lie behind a gap too, since they match by chance.
SHARED = 12


@inlined
def settle_v_and_j(
    read: U8,
    v: Segments,
    j: Segments,
    v_scores: Scores,
    j_scores: Scores,
    scratch: Scratch,
    v_pieces: I32,
    j_pieces: I32,
    call: Any,
) -> tuple[bool, bool]:
    """Align V and J, with gaps where these are needed; their ends may still overlap.

    Returns:
        Whether the V, and whether the J, was chosen anew with gaps; these scores are then in ``best``.
    """
    v_end = ungapped_run(read, FIRST, v, call["v_place"], call["v"])[2]
    j_start = ungapped_run(read, call["earliest_j"], j, call["j_place"], call["j"])[1]
    start, end = FIRST, max(v_end, j_start)
    segments, scores, pieces = v, v_scores, v_pieces
    group, place, allele = call["v_group"], call["v_place"], call["v"]
    v_gapped = False
    for kind in range(2):
        gapped, score, allele, count, on_read, on_germline = align(
            read, start, end, segments, group, place, allele, scores, scratch, pieces
        )
        read_span, germline_span = spans(pieces, count)
        if kind == 0:
            v_gapped = gapped
            call["v"], call["v_score"], call["v_pieces"] = allele, score, count
            call["v_start"], call["v_end"] = on_read, on_read + read_span
            call["v_germline_start"], call["v_germline_end"] = on_germline, on_germline + germline_span
            start, end = min(j_start, on_read + read_span), len(read)
            segments, scores, pieces = j, j_scores, j_pieces
            group, place, allele = call["j_group"], call["j_place"], call["j"]
        else:
            call["j"], call["j_score"], call["j_pieces"] = allele, score, count
            call["j_start"], call["j_end"] = on_read, on_read + read_span
            call["j_germline_start"], call["j_germline_end"] = on_germline, on_germline + germline_span
    return v_gapped, gapped


@inlined
def align(
    read: U8,
    start: int,
    end: int,
    segments: Segments,
    group: int,
    place: int,
    allele: int,
    scores: Scores,
    scratch: Scratch,
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
        scores: ``best`` holds the scores of the alleles with gaps, if gaps are needed.
        scratch: see `Scratch`.
        pieces: written.

    Returns:
        Whether gaps were needed; score, allele, number of pieces, first aligned base of the read and of the allele.
    """
    codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
    shift = place - segments.origin[allele]
    first = max(0, start - shift)
    last = max(first, min(len(codes), end - shift))
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], VJ_COST)
    first, last = first + run_first, first + run_last
    before = min(first + shift - start, first)
    after = min(end - last - shift, len(codes) - last)
    if (
        (
            before >= LEFT_OVER
            and is_better_shifted(read, start, first + shift + SHARED, codes, FIRST, first + SHARED, shift)
        )
        or (
            after >= LEFT_OVER
            and is_better_shifted(read, last + shift - SHARED, end, codes, last - SHARED, len(codes), shift)
        )
    ) and align_banded(read, start, end, codes, shift, BAND, pieces, scratch.table)[0] > score:
        score_alleles(read, segments, group, place, start, 0.0, scores.last, scratch.members)
        gapped, other = score_alleles_gapped(read, start, end, segments, group, place, pieces, scores, scratch.table)
        if gapped > score:
            shift = place - segments.origin[other]
            gapped, count, on_read, on_germline = align_banded(
                read,
                start,
                end,
                segments.codes[segments.offsets[other] : segments.offsets[other + 1]],
                shift,
                BAND,
                pieces,
                scratch.table,
            )
            return True, gapped, other, count, on_read, on_germline
    pieces[0, 0] = MATCH
    pieces[0, 1] = last - first
    return False, score, allele, 1, first + shift, first


@leaf
def is_better_shifted(read: U8, start: int, end: int, germline: U8, first: int, last: int, shift: int) -> bool:
    """Whether an allele, laid along a read at another place nearby, has a run that is worth a gap.

    Args:
        read: codes of the read.
        start: first base of the read that may be in the run.
        end: the base behind the last.
        germline: codes of the allele.
        first: its first base that may be in the run.
        last: the base behind the last.
        shift: place of the allele's first base on the read, of the alignment without gaps.
    """
    start = max(0, start)
    first = max(0, first)
    last = min(last, len(germline))
    for gap in range(-BAND, BAND + 1):
        at = shift + gap
        low = max(first, start - at)
        high = min(last, min(end, len(read)) - at)
        least = GAP_OPEN + GAP_EXTEND * abs(gap)
        if gap == 0 or high - low <= least:
            continue
        beside = read[low + at : high + at]
        if (
            count_matches(beside, germline[low:high]) > least
            and best_run(beside, germline[low:high], VJ_COST)[0] > least
        ):
            return True
    return False


@leaf
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
