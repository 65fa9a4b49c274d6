"""Complete the calls of reads with V and J: gaps, ends, D, junction, E-values, ties."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.align_vj import align_v_and_j, trim_ends
from clonotrack.annotate.kernels.cigar import count_aligned_matches, mismatch_cost
from clonotrack.annotate.kernels.find_d import call_d
from clonotrack.annotate.kernels.find_vj import Pairs
from clonotrack.annotate.kernels.frame import annotate_junction
from clonotrack.annotate.kernels.score_alleles import match_evalue
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

# Largest number of operations of one alignment.
MAX_OPERATIONS = 64
# METHOD: E-value of a V or J = CALIBRATION * K m n exp(-lambda S) (Karlin and Altschul 1990, PNAS 87:2264; see
# `match_evalue`). That formula assumes sequences without ends and unrelated alleles. The factor makes the number of J
# in random sequence downstream of a germline V equal to the E-value. That holds in every locus and for every E-value up
# to 0.1 (benchmarks/false_annotations.py).
CALIBRATION = 0.3
# METHOD: the same factor for a D in random bases between V and J, in every locus with D.
D_CALIBRATION = 0.2


class Details(NamedTuple):
    """Hold those results of many reads whose number differs from read to read.

    Attributes:
        ties: alleles with equal scores: V, J, D, second D of the first read, V of the second read, ...
        tie_offsets: start of each of these sets in `ties`, shape (4 * reads + 1,).
        operations: operations of gapped alignments, shape (operations, 2): V and J of the first read, V of the second,
            ...
        operation_offsets: start of each alignment in `operations`, shape (2 * reads + 1,). An ungapped alignment has no
            operations here.
    """

    ties: I16
    tie_offsets: I64
    operations: I32
    operation_offsets: I64


def complete_calls(offsets: I64, pairs: Pairs, germline: Germline, limits: Limits) -> Details:
    """Complete the calls of reads with V and J.

    Args:
        offsets: start of each read, shape (reads + 1,).
        pairs: result of `find_pairs`; its `calls` are completed.
        germline: germline reference.
        limits: thresholds.

    Returns:
        Ties and operations of the calls.
    """
    reads = len(offsets) - 1
    v, d, j = germline.v, germline.d, germline.j
    max_ties = len(v.origin) + 2 * len(d.origin) + len(j.origin)
    ties = np.empty(2 * len(pairs.ties) + max_ties, dtype=np.int16)
    tie_offsets = np.zeros(4 * reads + 1, dtype=np.int64)
    operations = np.empty((2 * MAX_OPERATIONS, 2), dtype=np.int32)
    operation_offsets = np.zeros(2 * reads + 1, dtype=np.int64)
    kinds = (v, germline.v_seeds), (d, germline.d_seeds), (j, germline.j_seeds)
    scratch = make_scratch(longest(offsets), kinds, 1)
    scores = make_scores(v), make_scores(d), make_scores(j)
    d_allowed = np.zeros(len(d.origin), dtype=np.int64)
    v_operations, j_operations = (np.zeros((MAX_OPERATIONS, 2), dtype=np.int32) for _ in range(2))
    done = used = used_operations = 0
    while done < reads:
        done, used, used_operations = _complete_calls(
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
            germline.d_joins_j,
            germline.first_d_factor,
            germline.second_d_factor,
            limits,
            scratch,
            *scores,
            d_allowed,
            v_operations,
            j_operations,
            ties,
            used,
            tie_offsets,
            operations,
            used_operations,
            operation_offsets,
        )
        if done < reads:
            ties = np.concatenate([ties, np.empty_like(ties)])
            operations = np.concatenate([operations, np.empty_like(operations)])
    return Details(ties[:used], tie_offsets, operations[:used_operations], operation_offsets)


@leaf
def _complete_calls(
    first: int,
    offsets: I64,
    calls: NDArray[Any],
    oriented: U8,
    pair_ties: I16,
    pair_tie_offsets: I64,
    v: Segments,
    d: Segments,
    d_seeds: Seeds,
    j: Segments,
    d_joins_j: I64,
    first_d_factor: F64,
    second_d_factor: F64,
    limits: Limits,
    scratch: Scratch,
    v_scores: Scores,
    d_scores: Scores,
    j_scores: Scores,
    d_allowed: I64,
    v_operations: I32,
    j_operations: I32,
    ties: I16,
    used: int,
    tie_offsets: I64,
    operations: I32,
    used_operations: int,
    operation_offsets: I64,
) -> tuple[int, int, int]:
    """Complete the calls of the reads from number `first` on; stop at a read whose ties or operations may not fit.

    The other arguments are the inputs, scratch arrays and outputs of `complete_calls`.

    Returns:
        The number of the first read that is not done, and the number of filled elements of `ties` and of `operations`.
    """
    reads = len(offsets) - 1
    max_ties = len(v_scores.best) + 2 * len(d_scores.best) + len(j_scores.best)
    for i in range(first, reads):
        if len(ties) - used < max_ties or len(operations) - used_operations < 2 * MAX_OPERATIONS:
            return i, used, used_operations
        call = calls[i]
        call["d"] = -1
        call["d2"] = -1
        if call["v"] >= 0:
            read = oriented[offsets[i] : offsets[i + 1]]
            v_gapped, j_gapped = align_v_and_j(
                read, v, j, v_scores, j_scores, scratch, v_operations, j_operations, call
            )
            v_codes, j_codes = (
                v.codes[v.offsets[call["v"]] : v.offsets[call["v"] + 1]],
                j.codes[j.offsets[call["j"]] : j.offsets[call["j"] + 1]],
            )
            matches, mismatches = count_aligned_matches(
                v_operations, call["v_operation_count"], read, call["v_start"], v_codes, call["v_germline_start"]
            )
            cost = mismatch_cost(matches, mismatches)
            trim_ends(read, v_codes, j_codes, cost, v_operations, j_operations, call)
            call["v_matches"], call["v_mismatches"] = count_aligned_matches(
                v_operations, call["v_operation_count"], read, call["v_start"], v_codes, call["v_germline_start"]
            )
            call["j_matches"], call["j_mismatches"] = count_aligned_matches(
                j_operations, call["j_operation_count"], read, call["j_start"], j_codes, call["j_germline_start"]
            )
            group = call["j_group"]
            max_d_evalue = limits.max_d_evalue * first_d_factor[group]
            call_d(
                read,
                d,
                d_seeds,
                d_joins_j[group],
                v.alleles[call["v"]]["order"],
                j.alleles[call["j"]]["order"],
                max_d_evalue,
                max_d_evalue * second_d_factor[group],
                min(3, int(cost + 0.5)),
                d_allowed,
                d_scores,
                scratch.votes,
                call,
            )
            v_anchor, j_anchor = v.alleles[call["v"]]["anchor"], j.alleles[call["j"]]["anchor"]
            annotate_junction(read, v_codes, j_codes, v_anchor, j_anchor, v_operations, j_operations, call)
            # m n of the V: all bases of both strands times all bases of the V alleles
            call["v_evalue"] = CALIBRATION * match_evalue(call["v_score"], 1, 2 * len(read) * len(v.codes))
            call["d_evalue"] *= D_CALIBRATION
            call["d2_evalue"] *= D_CALIBRATION
            call["j_evalue"] *= CALIBRATION
            call["called"] = 1
            if v_gapped:
                start, end = v.groups[call["v_group"]]["first"], v.groups[call["v_group"]]["end"]
                used = append_ties(ties, used, v_scores.best, start, end)
            else:
                used = copy_ties(ties, used, pair_ties, pair_tie_offsets[2 * i], pair_tie_offsets[2 * i + 1])
            tie_offsets[4 * i + 1] = used
            if j_gapped:
                start, end = j.groups[call["j_group"]]["first"], j.groups[call["j_group"]]["end"]
                used = append_ties(ties, used, j_scores.best, start, end)
            else:
                used = copy_ties(ties, used, pair_ties, pair_tie_offsets[2 * i + 1], pair_tie_offsets[2 * i + 2])
            tie_offsets[4 * i + 2] = used
            if call["d"] >= 0:
                used = append_ties(ties, used, d_scores.best, FIRST, len(d_scores.best))
            tie_offsets[4 * i + 3] = used
            if call["d2"] >= 0:
                used = append_ties(ties, used, d_scores.last, FIRST, len(d_scores.last))
            if call["v_operation_count"] > 1:
                used_operations = append_operations(
                    operations, used_operations, v_operations, call["v_operation_count"]
                )
            operation_offsets[2 * i + 1] = used_operations
            if call["j_operation_count"] > 1:
                used_operations = append_operations(
                    operations, used_operations, j_operations, call["j_operation_count"]
                )
        for turn in range(1, 5):
            tie_offsets[4 * i + turn] = max(tie_offsets[4 * i + turn], tie_offsets[4 * i + turn - 1])
        tie_offsets[4 * i + 4] = used
        operation_offsets[2 * i + 1] = max(operation_offsets[2 * i + 1], operation_offsets[2 * i])
        operation_offsets[2 * i + 2] = used_operations
    return reads, used, used_operations


@leaf
def copy_ties(ties: I16, used: int, source: I16, start: int, end: int) -> int:
    """Append ``source[start:end]`` to `ties` after `used` elements; return the number of filled elements."""
    for i in range(start, end):
        ties[used] = source[i]
        used += 1
    return used


@leaf
def append_operations(operations: I32, used: int, more: I32, count: int) -> int:
    """Append the first `count` operations of `more` after `used` operations; return the number of filled ones."""
    for i in range(count):
        operations[used, 0] = more[i, 0]
        operations[used, 1] = more[i, 1]
        used += 1
    return used
