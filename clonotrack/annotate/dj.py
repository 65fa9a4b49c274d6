"""The germline of incomplete rearrangements: D genes with what lies beside them take the place of V and J.

A D-J keeps the genomic bases before its D, and a Vd-Dd3 those behind its D, which are longer than the D and tell it
from chance. So a D with its 5' flank is looked for as a V is, a D with its 3' flank as a J is, by the same kernels.

Incomplete rearrangements: reads without V and J are searched once more, for D genes with what lies beside them.
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
    V_DEEP_K,
    V_K,
    V_ORIGIN,
    Index,
    joins_d,
    place_on_chromosome,
    seeds_of,
    segments_of,
)
from clonotrack.annotate.kernels.complete_calls import Details, settle_pairs
from clonotrack.annotate.kernels.dj import Elements, find_bare, tell_incomplete
from clonotrack.annotate.kernels.find_vj import Pairs, find_pairs
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.annotate.kernels.types import Germline, Limits, Segments
from clonotrack.germline import Segment
from clonotrack.sequences import I64, Ragged, offsets_of

# METHOD: a V of TRD joins a D without a J in leukaemia (Vd-Dd3), by the D that lies last; in IGH and TRB the D joins
# its J first.
V_JOINS_D = "TRD"
# Bases of a 5' flank that a read may begin in without holding enough of it [nt].
NEAR = 20


@dataclass(frozen=True)
class Extended:
    """What the kernels take.

    Attributes:
        germline: D with their 5' flank, a group per locus, and V in the place of V; J, and D with their 3' flank in the
            place of J; D between them.
        left: what the alleles in the place of V are.
        right: what those in the place of J are.
        near: D with the last bases of their 5' flanks, for reads that begin there; `anchor` is the D's first base.
        near_seeds: their index.
    """

    germline: Germline
    left: Elements
    right: Elements
    near: Segments
    near_seeds: Seeds


def extend(index: Index) -> Extended | None:
    """The germline of incomplete rearrangements of a reference; none where it has no D, or nothing that D join."""
    if not index.d:
        return None
    d_groups = [tuple(group) for _, group in groupby(index.d, key=lambda d: d.locus)]
    j_groups = [tuple(group) for _, group in groupby(index.j, key=lambda j: j.locus)]
    j_groups = [group for group in j_groups if any(joins_d(group[0].locus, d[0].locus) for d in d_groups)]
    v_groups = [tuple(v for v in index.v if V_JOINS_D in v.loci)]
    last_d = max((place_on_chromosome(d) for d in index.d if d.locus == V_JOINS_D), default=0)
    d_behind = [tuple(d for d in index.d if d.locus == V_JOINS_D and place_on_chromosome(d) == last_d)]
    left_groups = [*d_groups, *(group for group in v_groups if group)]
    right_groups = [*j_groups, *(group for group in d_behind if group)]
    if not right_groups:
        return None
    left, left_seeds = segments_of([[_with_5(one) for one in group] for group in left_groups], V_K, V_ORIGIN)
    right, right_seeds = segments_of([[_with_3(one) for one in group] for group in right_groups], J_K, J_ORIGIN)
    joins = np.array([[_recombine(a[0], b[0]) for b in right_groups] for a in left_groups], dtype=np.int64)
    has_d = np.array([[joins_d(b[0].locus, d.locus) for d in index.d] for b in right_groups], dtype=np.int64)
    group = np.repeat(np.arange(len(left_groups)), [len(members) for members in left_groups])
    deep = seeds_of(Ragged(left.codes, left.offsets), left.origin, group, V_DEEP_K)
    elements = _elements(left_groups, index.v, index), _elements(right_groups, index.j, index)
    for segments, of in zip((left, right), elements, strict=True):
        segments.alleles["anchor"][of.is_d == 1] = -1
    first_d, second_d = np.ones(len(right_groups)), np.zeros(len(right_groups))
    ds = index.germline.d, index.germline.d_seeds
    germline = Germline(left, left_seeds, deep, *ds, right, right_seeds, joins, has_d, first_d, second_d)
    return Extended(germline, *elements, *segments_of([[_with_5(d, NEAR)] for d in index.d], D_K, None))


def _elements(groups: Sequence[Sequence[Segment]], whole: Sequence[Segment], index: Index) -> Elements:
    """What the alleles of `groups` are, of which those that are no D are in `whole`."""
    alleles = [allele for group in groups for allele in group]
    is_d = np.array([allele.kind == "D" for allele in alleles])
    number = [(index.d if allele.kind == "D" else whole).index(allele) for allele in alleles]
    left = whole is index.v
    before = [len(allele.flank_5) if left and allele.kind == "D" else 0 for allele in alleles]
    flanks = Ragged.from_strings(allele.flank_3 if left else allele.flank_5 for allele in alleles)
    return Elements(
        is_d.astype(np.int64),
        np.array(number, dtype=np.int64),
        np.array(before, dtype=np.int64),
        np.array([first + len(allele.sequence) for first, allele in zip(before, alleles, strict=True)], dtype=np.int64),
        flanks.codes,
        flanks.offsets,
    )


def _recombine(one: Segment, other: Segment) -> bool:
    """Whether a segment in the place of V joins one in the place of J without being a complete rearrangement."""
    if one.kind == "V":
        return other.kind == "D"
    return joins_d(other.locus, one.locus)


def _with_5(segment: Segment, most: int | None = None) -> Segment:
    """A D with its 5' flank, at most so many bases of it, its own first base as anchor; a V as it is."""
    if segment.kind == "V":
        return segment
    flank = segment.flank_5 if most is None else segment.flank_5[-most:]
    return replace(segment, sequence=flank + segment.sequence, anchor=len(flank))


def _with_3(segment: Segment) -> Segment:
    """A D with its 3' flank, its own first base as anchor; a J as it is."""
    if segment.kind == "J":
        return segment
    return replace(segment, sequence=segment.sequence + segment.flank_3, anchor=0)


Rows = TypeVar("Rows", bound=np.generic)


def add_incomplete(
    reads: Ragged, pairs: Pairs, details: Details, index: Index, extended: Extended, limits: Limits
) -> Details:
    """Look for incomplete rearrangements in the reads that have no other.

    Args:
        reads: as they were given.
        pairs: of these reads; calls and oriented codes of those that are incomplete are written over.
        details: of these reads.
        index: the reference.
        extended: its form for incomplete rearrangements.
        limits: of incomplete ones.

    Returns:
        The details, with those of incomplete rearrangements.
    """
    for bare in (False, True):
        without = np.flatnonzero(pairs.calls["found"] == 0)
        if len(without):
            details = _add(reads, without, pairs, details, index, extended, limits, bare=bare)
    return details


def _add(
    reads: Ragged,
    without: I64,
    pairs: Pairs,
    details: Details,
    index: Index,
    extended: Extended,
    limits: Limits,
    *,
    bare: bool,
) -> Details:
    """Look in the reads `without`, for segments with their flanks or for `bare` D; see `add_incomplete`."""
    some, germline = reads.take(without), extended.germline
    if bare:
        found = find_bare(some.codes, some.offsets, germline, extended.near, extended.near_seeds, extended.left, limits)
        expected = found.calls["v_expected"].copy()
    else:
        found = find_pairs(some.codes, some.offsets, germline, limits)
    settled = settle_pairs(some.offsets, found, germline, limits)
    if bare:
        found.calls["v_expected"] = expected
    calls, told = tell_incomplete(some.offsets, found, settled, extended.left, extended.right)
    chosen = np.flatnonzero((calls["found"] == 1) & _wanted(calls, index))
    pairs.calls[without[chosen]] = calls[chosen]
    for i in chosen.tolist():
        start = reads.offsets[without[i]]
        codes = found.oriented[some.offsets[i] : some.offsets[i + 1]]
        pairs.oriented[start : start + len(codes)] = codes
    rows, others = without[chosen], chosen
    ties, tie_offsets = _exchange(details.ties, details.tie_offsets, told.ties, told.tie_offsets, rows, others, 4)
    pieces, piece_offsets = _exchange(
        details.pieces, details.piece_offsets, told.pieces, told.piece_offsets, rows, others, 2
    )
    return Details(ties, tie_offsets, pieces, piece_offsets)


def _wanted(calls: NDArray[Any], index: Index) -> NDArray[np.bool_]:
    """Whether the locus of a call is told: that of the J, else of the D."""
    of_j = np.array([segment.locus in index.loci for segment in index.j])
    of_d = np.array([segment.locus in index.loci for segment in index.d])
    return np.asarray(np.where(calls["j"] >= 0, of_j[calls["j"]], of_d[calls["d"]]), dtype=np.bool_)


def _exchange(
    values: NDArray[Rows], offsets: I64, new: NDArray[Rows], new_offsets: I64, rows: I64, others: I64, slots: int
) -> tuple[NDArray[Rows], I64]:
    """Put rows of one ragged array, of so many slots each, in the place of rows of another."""
    slot = np.arange(slots)
    source = np.arange(len(offsets) - 1)
    source[(rows[:, None] * slots + slot).ravel()] = len(source) + (others[:, None] * slots + slot).ravel()
    lengths = np.concatenate([np.diff(offsets), np.diff(new_offsets)])[source]
    starts = np.concatenate([offsets[:-1], len(values) + new_offsets[:-1]])[source]
    bounds = offsets_of(lengths)
    gathered = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
    return np.concatenate([values, new])[gathered], bounds
