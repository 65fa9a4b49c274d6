"""Align V and J of a read, with gaps if they improve the score; trim their ends and divide their overlap."""

from __future__ import annotations

from typing import Any

from clonotrack.annotate.kernels.cigar import divide_overlap, spans, trim_head, trim_tail
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

# Gaps are tried if this many bases of both read and allele lie outside of the ungapped alignment, on one side [nt].
MIN_UNALIGNED = 10
# Number of bases at an end of the ungapped alignment that may match by chance and really lie beyond a gap [nt].
MAX_CHANCE_OVERLAP = 12


@inlined
def align_v_and_j(
    read: U8,
    v: Segments,
    j: Segments,
    v_scores: Scores,
    j_scores: Scores,
    scratch: Scratch,
    v_operations: I32,
    j_operations: I32,
    call: Any,
) -> tuple[bool, bool]:
    """Align V and J of one read; their ends may still overlap.

    Args:
        read: codes of the read, on the strand of the rearrangement.
        v: V alleles.
        j: J alleles.
        v_scores: `best` is written if the V has gaps: scores of the alleles of its group.
        j_scores: the same for the J.
        scratch: see `Scratch`.
        v_operations: output: operations of the V, shape (largest number of operations, 2).
        j_operations: output: operations of the J, same shape.
        call: V and J without gaps, from `find_pairs`; allele, score, interval and number of operations are updated.

    Returns:
        Whether the V, and whether the J, was chosen anew with gaps.
    """
    v_end = ungapped_run(read, FIRST, v, call["v_position"], call["v"])[2]
    j_start = ungapped_run(read, call["j_search_start"], j, call["j_position"], call["j"])[1]
    start, end = FIRST, max(v_end, j_start)
    segments, scores, operations = v, v_scores, v_operations
    group, position, allele = call["v_group"], call["v_position"], call["v"]
    v_gapped = False
    for kind in range(2):
        gapped, score, allele, count, on_read, on_germline = align(
            read, start, end, segments, group, position, allele, scores, scratch, operations
        )
        read_span, germline_span = spans(operations, count)
        if kind == 0:
            v_gapped = gapped
            call["v"], call["v_score"], call["v_operation_count"] = allele, score, count
            call["v_start"], call["v_end"] = on_read, on_read + read_span
            call["v_germline_start"], call["v_germline_end"] = on_germline, on_germline + germline_span
            start, end = min(j_start, on_read + read_span), len(read)
            segments, scores, operations = j, j_scores, j_operations
            group, position, allele = call["j_group"], call["j_position"], call["j"]
        else:
            call["j"], call["j_score"], call["j_operation_count"] = allele, score, count
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
    position: int,
    allele: int,
    scores: Scores,
    scratch: Scratch,
    operations: I32,
) -> tuple[bool, int, int, int, int, int]:
    """Align the best allele of a group, with gaps if they improve the score.

    Args:
        read: codes of the read.
        start: first base that may be aligned.
        end: base after the last that may be aligned.
        segments: alleles of one kind.
        group: number of the group.
        position: base of the read on which the origins of the group lie, without gaps.
        allele: allele with the highest ungapped score.
        scores: output, if gaps improve the score: `best` holds the scores with gaps.
        scratch: see `Scratch`.
        operations: output, shape (largest number of operations, 2).

    Returns:
        Whether the alignment was chosen anew with gaps, score, allele, number of operations, first aligned base of the
        read, first aligned base of the allele.
    """
    codes = segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]
    shift = position - segments.origin[allele]
    first = max(0, start - shift)
    last = max(first, min(len(codes), end - shift))
    score, run_first, run_last = best_run(read[first + shift : last + shift], codes[first:last], VJ_COST)
    first, last = first + run_first, first + run_last
    unaligned_before = min(first + shift - start, first)
    unaligned_after = min(end - last - shift, len(codes) - last)
    if (
        (
            unaligned_before >= MIN_UNALIGNED
            and has_better_diagonal(
                read, start, first + shift + MAX_CHANCE_OVERLAP, codes, FIRST, first + MAX_CHANCE_OVERLAP, shift
            )
        )
        or (
            unaligned_after >= MIN_UNALIGNED
            and has_better_diagonal(
                read, last + shift - MAX_CHANCE_OVERLAP, end, codes, last - MAX_CHANCE_OVERLAP, len(codes), shift
            )
        )
    ) and align_banded(read, start, end, codes, shift, BAND, operations, scratch.table)[0] > score:
        score_alleles(read, segments, group, position, start, 0.0, scores.last, scratch.members)
        gapped, gapped_allele = score_alleles_gapped(
            read, start, end, segments, group, position, operations, scores, scratch.table
        )
        if gapped > score:
            shift = position - segments.origin[gapped_allele]
            gapped, count, on_read, on_germline = align_banded(
                read,
                start,
                end,
                segments.codes[segments.offsets[gapped_allele] : segments.offsets[gapped_allele + 1]],
                shift,
                BAND,
                operations,
                scratch.table,
            )
            return True, gapped, gapped_allele, count, on_read, on_germline
    operations[0, 0] = MATCH
    operations[0, 1] = last - first
    return False, score, allele, 1, first + shift, first


@leaf
def has_better_diagonal(read: U8, start: int, end: int, germline: U8, first: int, last: int, shift: int) -> bool:
    """Decide whether an allele has, on another diagonal within the band, a run that scores more than the gap costs.

    Args:
        read: codes of the read.
        start: first base of the read that the run may contain.
        end: base after the last that the run may contain.
        germline: codes of the allele.
        first: first base of the allele that the run may contain.
        last: base after the last that the run may contain.
        shift: base of the read on which the allele's first base lies in the ungapped alignment.
    """
    start = max(0, start)
    first = max(0, first)
    last = min(last, len(germline))
    for gap in range(-BAND, BAND + 1):
        at = shift + gap
        low = max(first, start - at)
        high = min(last, min(end, len(read)) - at)
        min_run_score = GAP_OPEN + GAP_EXTEND * abs(gap)
        if gap == 0 or high - low <= min_run_score:
            continue
        read_stretch = read[low + at : high + at]
        if (
            count_matches(read_stretch, germline[low:high]) > min_run_score
            and best_run(read_stretch, germline[low:high], VJ_COST)[0] > min_run_score
        ):
            return True
    return False


@leaf
def trim_ends(read: U8, v: U8, j: U8, cost: float, v_operations: I32, j_operations: I32, call: Any) -> None:
    """Trim chance matches from the V's 3' and the J's 5' end, and divide the bases that both still cover.

    Args:
        read: codes of the read, on the strand of the rearrangement.
        v: codes of the V.
        j: codes of the J.
        cost: cost of a mismatch (matches), from `mismatch_cost`.
        v_operations: operations of the V; the last one is shortened.
        j_operations: operations of the J; the first one is shortened.
        call: the ends of V and J are updated.
    """
    last = call["v_operation_count"] - 1
    from_v = trim_tail(
        v_operations, call["v_operation_count"], read, call["v_start"], v, call["v_germline_start"], cost
    )
    from_j = trim_head(j_operations, read, call["j_start"], j, call["j_germline_start"], cost)
    v_end, v_germline_end = call["v_end"] - from_v, call["v_germline_end"] - from_v
    j_start, j_germline_start = call["j_start"] + from_j, call["j_germline_start"] + from_j
    if v_end > j_start:
        v_removable, j_removable = v_operations[last, 1] - 1, j_operations[0, 1] - 1
        from_v, from_j = divide_overlap(
            read, v, v_end, v_germline_end, v_removable, j, j_start, j_germline_start, j_removable
        )
        v_operations[last, 1] -= from_v
        j_operations[0, 1] -= from_j
        v_end, v_germline_end = v_end - from_v, v_germline_end - from_v
        j_start, j_germline_start = j_start + from_j, j_germline_start + from_j
    call["v_end"] = v_end
    call["v_germline_end"] = v_germline_end
    call["j_start"] = j_start
    call["j_germline_start"] = j_germline_start
