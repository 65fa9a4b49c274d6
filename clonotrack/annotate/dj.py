"""Search incomplete rearrangements with an extended germline, in reads without V and J.

A D-J keeps the genomic bases upstream of its D, its 5' flank; a Vd-Dd3 keeps those downstream of its D, its 3' flank.
A flank is longer than the D and distinguishes it from chance matches. So the extended germline contains each D with its
5' flank among the V, and each D with its 3' flank among the J. The kernels that find V and J then find incomplete
rearrangements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.index import (
    D_K,
    J_K,
    J_ORIGIN,
    V_K,
    V_ORIGIN,
    V_SHORT_K,
    Index,
    chromosomal_order,
    joins_d,
    seeds_of,
    segments_of,
)
from clonotrack.annotate.kernels.complete_calls import Details, complete_calls
from clonotrack.annotate.kernels.dj import ExtendedAlleles, convert_incomplete, find_dj_at_start
from clonotrack.annotate.kernels.find_vj import Pairs, find_pairs
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.annotate.kernels.types import Germline, Limits, Segments
from clonotrack.germline import Segment
from clonotrack.sequences import I64, Ragged, offsets_of

# METHOD: in leukaemia, a V of TRD may join a D without a J (Vd-Dd3); that D is the last on the chromosome. In IGH and
# TRB the D joins its J before the V, so there is no V-D.
V_JOINS_D = "TRD"
# Number of bases of a 5' flank for reads that begin within it and contain too little for the whole flank [nt].
MAX_SHORT_FLANK = 20


@dataclass(frozen=True)
class ExtendedGermline:
    """Hold the germline of incomplete rearrangements.

    Attributes:
        germline: the reference for the kernels. D with 5' flanks (one group for each locus) and V of TRD stand for V.
            J, and D with 3' flanks, stand for J. D may lie between them.
        left: description of the alleles that stand for V.
        right: description of the alleles that stand for J.
        short_flank_d: D with the last bases of their 5' flanks; the anchor is the first base of the D.
        short_flank_seeds: k-mer index of `short_flank_d`.
    """

    germline: Germline
    left: ExtendedAlleles
    right: ExtendedAlleles
    short_flank_d: Segments
    short_flank_seeds: Seeds


def extend_germline(index: Index) -> ExtendedGermline | None:
    """Make the extended germline of a reference; None if it has no D, or no J or D that a D joins."""
    if not index.d:
        return None
    d_groups = [tuple(group) for _, group in groupby(index.d, key=lambda d: d.locus)]
    j_groups = [tuple(group) for _, group in groupby(index.j, key=lambda j: j.locus)]
    j_groups = [group for group in j_groups if any(joins_d(group[0].locus, d[0].locus) for d in d_groups)]
    v_groups = [tuple(v for v in index.v if V_JOINS_D in v.loci)]
    last_d = max((chromosomal_order(d) for d in index.d if d.locus == V_JOINS_D), default=0)
    last_d_group = [tuple(d for d in index.d if d.locus == V_JOINS_D and chromosomal_order(d) == last_d)]
    left_groups = [*d_groups, *(group for group in v_groups if group)]
    right_groups = [*j_groups, *(group for group in last_d_group if group)]
    if not right_groups:
        return None
    left, left_seeds = segments_of([[_with_5p_flank(one) for one in group] for group in left_groups], V_K, V_ORIGIN)
    right, right_seeds = segments_of([[_with_3p_flank(one) for one in group] for group in right_groups], J_K, J_ORIGIN)
    v_joins_j = np.array([[_recombine(a[0], b[0]) for b in right_groups] for a in left_groups], dtype=np.int64)
    d_joins_j = np.array([[joins_d(b[0].locus, d.locus) for d in index.d] for b in right_groups], dtype=np.int64)
    group = np.repeat(np.arange(len(left_groups)), [len(members) for members in left_groups])
    short_seeds = seeds_of(Ragged(left.codes, left.offsets), left.origin, group, V_SHORT_K)
    extended_alleles = _extended_alleles(left_groups, index.v, index), _extended_alleles(right_groups, index.j, index)
    for segments, of in zip((left, right), extended_alleles, strict=True):
        segments.alleles["anchor"][of.is_d == 1] = -1
    first_d_factor, second_d_factor = np.ones(len(right_groups)), np.zeros(len(right_groups))
    ds = index.germline.d, index.germline.d_seeds
    germline = Germline(
        left, left_seeds, short_seeds, *ds, right, right_seeds, v_joins_j, d_joins_j, first_d_factor, second_d_factor
    )
    return ExtendedGermline(
        germline, *extended_alleles, *segments_of([[_with_5p_flank(d, MAX_SHORT_FLANK)] for d in index.d], D_K, None)
    )


def _extended_alleles(groups: Sequence[Sequence[Segment]], whole: Sequence[Segment], index: Index) -> ExtendedAlleles:
    """Describe the alleles of `groups`, in order.

    Args:
        groups: alleles that stand for V, or for J.
        whole: the V of the reference if `groups` stand for V, else its J.
        index: the reference.
    """
    alleles = [allele for group in groups for allele in group]
    is_d = np.array([allele.kind == "D" for allele in alleles])
    number = [(index.d if allele.kind == "D" else whole).index(allele) for allele in alleles]
    left = whole is index.v
    before = [len(allele.flank_5) if left and allele.kind == "D" else 0 for allele in alleles]
    flanks = Ragged.from_strings(allele.flank_3 if left else allele.flank_5 for allele in alleles)
    return ExtendedAlleles(
        is_d.astype(np.int64),
        np.array(number, dtype=np.int64),
        np.array(before, dtype=np.int64),
        np.array([first + len(allele.sequence) for first, allele in zip(before, alleles, strict=True)], dtype=np.int64),
        flanks.codes,
        flanks.offsets,
    )


def _recombine(left: Segment, right: Segment) -> bool:
    """Decide whether a segment that stands for V joins one that stands for J, as an incomplete rearrangement."""
    if left.kind == "V":
        return right.kind == "D"
    return joins_d(right.locus, left.locus)


def _with_5p_flank(segment: Segment, max_flank: int | None = None) -> Segment:
    """Prepend its 5' flank (at most `max_flank` bases) to a D, with the D's start as anchor; return a V unchanged."""
    if segment.kind == "V":
        return segment
    flank = segment.flank_5 if max_flank is None else segment.flank_5[-max_flank:]
    return replace(segment, sequence=flank + segment.sequence, anchor=len(flank))


def _with_3p_flank(segment: Segment) -> Segment:
    """Append its 3' flank to a D, with the D's first base as anchor; return a J unchanged."""
    if segment.kind == "J":
        return segment
    return replace(segment, sequence=segment.sequence + segment.flank_3, anchor=0)


Rows = TypeVar("Rows", bound=np.generic)


def add_incomplete(
    reads: Ragged, pairs: Pairs, details: Details, index: Index, extended: ExtendedGermline, limits: Limits
) -> Details:
    """Search incomplete rearrangements in the reads without a call, and add them.

    Reads are first searched for D with their flanks, then for D at their start.

    Args:
        reads: codes of the reads, as in the input.
        pairs: V and J of these reads; calls and oriented codes of incomplete rearrangements are replaced.
        details: ties and operations of these reads.
        index: the reference.
        extended: its extended germline.
        limits: thresholds for incomplete rearrangements.

    Returns:
        The details with those of the incomplete rearrangements.
    """
    for at_start in (False, True):
        uncalled = np.flatnonzero(pairs.calls["called"] == 0)
        if len(uncalled):
            details = _add(reads, uncalled, pairs, details, index, extended, limits, at_start=at_start)
    return details


def _add(
    reads: Ragged,
    uncalled: I64,
    pairs: Pairs,
    details: Details,
    index: Index,
    extended: ExtendedGermline,
    limits: Limits,
    *,
    at_start: bool,
) -> Details:
    """Search the reads numbered `uncalled` for D at their start (if `at_start`) or for D with their flanks."""
    subset, germline = reads.take(uncalled), extended.germline
    if at_start:
        new_pairs = find_dj_at_start(
            subset.codes,
            subset.offsets,
            germline,
            extended.short_flank_d,
            extended.short_flank_seeds,
            extended.left,
            limits,
        )
        evalue = new_pairs.calls["v_evalue"].copy()
    else:
        new_pairs = find_pairs(subset.codes, subset.offsets, germline, limits)
    completed = complete_calls(subset.offsets, new_pairs, germline, limits)
    if at_start:
        new_pairs.calls["v_evalue"] = evalue
    calls, converted = convert_incomplete(subset.offsets, new_pairs, completed, extended.left, extended.right)
    chosen = np.flatnonzero((calls["called"] == 1) & _is_reported(calls, index))
    pairs.calls[uncalled[chosen]] = calls[chosen]
    for i in chosen.tolist():
        start = reads.offsets[uncalled[i]]
        codes = new_pairs.oriented[subset.offsets[i] : subset.offsets[i + 1]]
        pairs.oriented[start : start + len(codes)] = codes
    rows, sources = uncalled[chosen], chosen
    ties, tie_offsets = _replace_rows(
        details.ties, details.tie_offsets, converted.ties, converted.tie_offsets, rows, sources, 4
    )
    operations, operation_offsets = _replace_rows(
        details.operations,
        details.operation_offsets,
        converted.operations,
        converted.operation_offsets,
        rows,
        sources,
        2,
    )
    return Details(ties, tie_offsets, operations, operation_offsets)


def _is_reported(calls: NDArray[Any], index: Index) -> NDArray[np.bool_]:
    """Decide for each call whether its locus is reported: that of the J, or that of the D if there is no J."""
    of_j = np.array([segment.locus in index.loci for segment in index.j])
    of_d = np.array([segment.locus in index.loci for segment in index.d])
    return np.asarray(np.where(calls["j"] >= 0, of_j[calls["j"]], of_d[calls["d"]]), dtype=np.bool_)


def _replace_rows(
    values: NDArray[Rows], offsets: I64, new: NDArray[Rows], new_offsets: I64, rows: I64, sources: I64, slots: int
) -> tuple[NDArray[Rows], I64]:
    """Replace rows of one ragged array by rows of another.

    Args:
        values: elements of the array.
        offsets: start of each slot in `values`, shape (slots * rows + 1,).
        new: elements of the other array.
        new_offsets: start of each slot in `new`.
        rows: rows to replace.
        sources: rows of the other array that replace them, same shape.
        slots: number of consecutive slots of a row.

    Returns:
        Elements and offsets of the new array.
    """
    slot = np.arange(slots)
    source = np.arange(len(offsets) - 1)
    source[(rows[:, None] * slots + slot).ravel()] = len(source) + (sources[:, None] * slots + slot).ravel()
    lengths = np.concatenate([np.diff(offsets), np.diff(new_offsets)])[source]
    starts = np.concatenate([offsets[:-1], len(values) + new_offsets[:-1]])[source]
    bounds = offsets_of(lengths)
    gathered = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
    return np.concatenate([values, new])[gathered], bounds
