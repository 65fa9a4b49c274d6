"""Work with alignments given as operations (CIGAR), and write a read's alignment with its germline.

Operations are an array of shape (operations, 2): kind (MATCH, INSERTION, DELETION) and length [nt], from 5' to 3'.
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

# Largest number of chance matches that are trimmed from an end of a segment [nt].
MAX_TRIM = 30


@leaf
def spans(operations: I32, count: int) -> tuple[int, int]:
    """Return how many bases of the read, and of the allele, the first `count` operations cover."""
    read = 0
    germline = 0
    for p in range(count):
        if operations[p, 0] != DELETION:
            read += operations[p, 1]
        if operations[p, 0] != INSERTION:
            germline += operations[p, 1]
    return read, germline


@leaf
def position_on_read(operations: I32, count: int, read_start: int, germline_start: int, position: int) -> int:
    """Return the base of the read that is aligned with base `position` of the allele.

    Args:
        operations: operations of the alignment.
        count: number of operations.
        read_start: first aligned base of the read.
        germline_start: first aligned base of the allele.
        position: base of the allele, 0-based.

    Returns:
        The base of the read, 0-based; -1 if `position` is outside of the alignment or deleted.
    """
    read = read_start
    germline = germline_start
    for p in range(count):
        length = operations[p, 1]
        if operations[p, 0] == MATCH:
            if germline <= position < germline + length:
                return read + position - germline
            read += length
            germline += length
        elif operations[p, 0] == INSERTION:
            read += length
        else:
            germline += length
    return -1


@leaf
def count_aligned_matches(
    operations: I32, count: int, read: U8, read_start: int, germline: U8, germline_start: int
) -> tuple[int, int]:
    """Count matches and mismatches of an alignment. Bases of the read that are N are neither.

    Args:
        operations: operations of the alignment.
        count: number of operations.
        read: codes of the read.
        read_start: first aligned base of the read.
        germline: codes of the allele.
        germline_start: first aligned base of the allele.
    """
    i = read_start
    g = germline_start
    matches = 0
    compared = 0
    for p in range(count):
        if operations[p, 0] == MATCH:
            unknown = 0
            for at in range(operations[p, 1]):
                matches += read[i + at] == germline[g + at]
                unknown += read[i + at] == N
            i += operations[p, 1]
            g += operations[p, 1]
            compared += operations[p, 1] - unknown
        elif operations[p, 0] == INSERTION:
            i += operations[p, 1]
        else:
            g += operations[p, 1]
    return matches, compared - matches


@inlined
def mismatch_cost(matches: int, mismatches: int) -> float:
    """Return the cost of a mismatch, in matches, at the substitution rate of an alignment.

    METHOD: cost = -log(4 r / 3) / log(4 (1 - r)), with substitution rate r: the log odds of a substitution against a
    random base, over the log odds of a match. r = (mismatches + 1/2) / (matches + mismatches + 1), at most 1/4. The
    cost is limited to 1 to 4.
    """
    rate = min(0.25, (mismatches + 0.5) / (matches + mismatches + 1.0))
    return max(1.0, min(4.0, -math.log(4.0 * rate / 3.0) / math.log(4.0 * (1.0 - rate))))


@inlined
def trim_tail(
    operations: I32, count: int, read: U8, read_start: int, germline: U8, germline_start: int, cost: float
) -> int:
    """Shorten the last operation by the chance matches at the 3' end; see `tail_to_trim`.

    Args:
        operations: operations of the alignment; the last one is shortened, but keeps at least 1 base.
        count: number of operations.
        read: codes of the read.
        read_start: first aligned base of the read.
        germline: codes of the allele.
        germline_start: first aligned base of the allele.
        cost: cost of a mismatch, in matches.

    Returns:
        The number of trimmed bases.
    """
    read_span, germline_span = spans(operations, count)
    last = count - 1
    longest = min(MAX_TRIM, operations[last, 1] - 1)
    trimmed = tail_to_trim(
        read, read_start + read_span - 1, germline, germline_start + germline_span - 1, longest, cost
    )
    operations[last, 1] -= trimmed
    return trimmed


@inlined
def trim_head(operations: I32, read: U8, read_start: int, germline: U8, germline_start: int, cost: float) -> int:
    """Shorten the first operation by the chance matches at the 5' end; see `head_to_trim`.

    Args:
        operations: operations of the alignment; the first one is shortened, but keeps at least 1 base.
        read: codes of the read.
        read_start: first aligned base of the read.
        germline: codes of the allele.
        germline_start: first aligned base of the allele.
        cost: cost of a mismatch (matches).

    Returns:
        The number of trimmed bases.
    """
    longest = min(MAX_TRIM, operations[0, 1] - 1)
    trimmed = head_to_trim(read, read_start, germline, germline_start, longest, cost)
    operations[0, 1] -= trimmed
    return trimmed


@inlined
def divide_overlap(
    read: U8,
    v_germline: U8,
    v_end: int,
    v_germline_end: int,
    v_removable: int,
    j_germline: U8,
    j_start: int,
    j_germline_start: int,
    j_removable: int,
) -> tuple[int, int]:
    """Divide the bases that both V and J cover at the cut with most matches.

    Of cuts with equal matches, the one that leaves most bases to the V is chosen. Then mismatches at the cut are
    removed from both segments.

    Args:
        read: codes of the read.
        v_germline: codes of the V.
        v_end: base of the read after the V.
        v_germline_end: base of the V after its last aligned base.
        v_removable: largest number of bases that can be removed from the V.
        j_germline: codes of the J.
        j_start: first base of the read in the J.
        j_germline_start: first aligned base of the J.
        j_removable: largest number of bases that can be removed from the J.

    Returns:
        The number of bases to remove from the V's 3' end, and from the J's 5' end.
    """
    shared = v_end - j_start
    best = -1
    kept = shared
    for keep in range(max(0, shared - v_removable), min(shared, j_removable) + 1):
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
    while from_v < v_removable and read[v_end - from_v - 1] != v_germline[v_germline_end - from_v - 1]:
        from_v += 1
    while from_j < j_removable and read[j_start + from_j] != j_germline[j_germline_start + from_j]:
        from_j += 1
    return from_v, from_j


GAP_CODE = 5


@inlined
def write_segment(
    read: U8, on_read: int, germline: U8, on_germline: int, operations: I32, read_row: U8, germline_row: U8, at: int
) -> int:
    """Write the alignment of one segment, from column `at` on.

    Args:
        read: codes of the read.
        on_read: first aligned base of the read.
        germline: codes of the allele.
        on_germline: first aligned base of the allele.
        operations: operations of the alignment.
        read_row: output: codes of the read, `GAP_CODE` for deletions.
        germline_row: output: codes of the allele, `GAP_CODE` for insertions.
        at: first column.

    Returns:
        The column after the segment.
    """
    for p in range(len(operations)):
        kind = operations[p, 0]
        for _ in range(operations[p, 1]):
            read_row[at] = GAP_CODE
            germline_row[at] = GAP_CODE
            if kind != DELETION:
                read_row[at] = read[on_read]
                on_read += 1
            if kind != INSERTION:
                base = germline[on_germline]
                germline_row[at] = N if base > N else base
                on_germline += 1
            at += 1
    return at


def align_to_germline(
    oriented: U8, offsets: I64, calls: NDArray[Any], operations: I32, operation_offsets: I64, germline: Germline
) -> tuple[U8, U8, I64]:
    """Write the alignment of each read with its germline, from the first V (or D) base to the last J (or D) base.

    Args:
        oriented: codes of the reads on the strand of the rearrangement.
        offsets: start of each read in `oriented`, shape (reads + 1,).
        calls: completed calls, shape (reads,), dtype `CALL`.
        operations: `Details.operations` of these calls.
        operation_offsets: `Details.operation_offsets` of these calls.
        germline: germline reference.

    Returns:
        Codes of the rows of the reads, codes of the rows of the germline (`GAP_CODE` for gaps; N for bases between
        segments), and the start of each row, shape (reads + 1,). Reads without a call have empty rows.
    """
    bounds = _row_bounds(calls, operations, operation_offsets)
    read_row, germline_row = (np.empty(bounds[-1], dtype=np.uint8) for _ in range(2))
    one_operation = np.zeros((1, 2), dtype=np.int32)
    _write_rows(
        oriented,
        offsets,
        calls,
        operations,
        operation_offsets,
        germline.v.codes,
        germline.v.offsets,
        germline.d.codes,
        germline.d.offsets,
        germline.j.codes,
        germline.j.offsets,
        one_operation,
        bounds,
        read_row,
        germline_row,
    )
    return read_row, germline_row, bounds


def _row_bounds(calls: NDArray[Any], operations: I32, operation_offsets: I64) -> I64:
    """Return the start of each read's row, shape (reads + 1,). A row has the read's bases and the deleted bases."""
    first = np.where(calls["v"] >= 0, calls["v_start"], calls["d_start"])
    last = np.where(calls["d2"] >= 0, calls["d2_end"], calls["d_end"])
    last = np.where(calls["j"] >= 0, calls["j_end"], last)
    deleted = offsets_of(np.where(operations[:, 0] == DELETION, operations[:, 1], 0))[operation_offsets[::2]]
    return offsets_of(np.where(calls["called"] == 1, last - first + np.diff(deleted), 0))


@leaf
def _write_rows(
    oriented: U8,
    offsets: I64,
    calls: NDArray[Any],
    operations: I32,
    operation_offsets: I64,
    v_codes: U8,
    v_offsets: I64,
    d_codes: U8,
    d_offsets: I64,
    j_codes: U8,
    j_offsets: I64,
    one_operation: I32,
    bounds: I64,
    read_row: U8,
    germline_row: U8,
) -> None:
    """Write both rows of each read, starting at `bounds`, into `read_row` and `germline_row`.

    The other arguments are those of `align_to_germline`, with the arrays of V, D and J. `one_operation` is scratch of
    shape (1, 2) for an alignment without gaps.
    """
    for i in range(len(calls)):
        call = calls[i]
        if call["called"] == 0:
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
            segment_operations = operations[:0]
            codes, ends = d_codes, d_offsets
            if segment == 0:
                codes, ends = v_codes, v_offsets
                segment_operations = operations[operation_offsets[2 * i] : operation_offsets[2 * i + 1]]
            elif segment == 3:
                codes, ends = j_codes, j_offsets
                segment_operations = operations[operation_offsets[2 * i + 1] : operation_offsets[2 * i + 2]]
            germline = codes[ends[allele] : ends[allele + 1]]
            if len(segment_operations) == 0:
                one_operation[0, 1] = end - start
                segment_operations = one_operation
            for b in range(reached, start):  # bases between segments are N in the germline row
                read_row[at] = read[b]
                germline_row[at] = N
                at += 1
            at = write_segment(read, start, germline, on_germline, segment_operations, read_row, germline_row, at)
            reached = end
