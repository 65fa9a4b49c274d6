"""The germline of incomplete rearrangements: D genes with what lies beside them take the place of V and J.

A D-J keeps the genomic bases before its D, and a Vd-Dd3 those behind its D, which are longer than the D and tell it
from chance. So a D with its 5' flank is looked for as a V is, a D with its 3' flank as a J is, by the same kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

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
from clonotrack.germline import Segment
from clonotrack.kernels.incomplete import Elements
from clonotrack.kernels.segments import Germline, Segments
from clonotrack.sequence import Ragged

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
    """

    germline: Germline
    left: Elements
    right: Elements
    near: Segments


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
    left = segments_of([[_with_5(one) for one in group] for group in left_groups], V_K, V_ORIGIN)
    right = segments_of([[_with_3(one) for one in group] for group in right_groups], J_K, J_ORIGIN)
    joins = np.array([[_recombine(a[0], b[0]) for b in right_groups] for a in left_groups], dtype=np.int64)
    has_d = np.array([[joins_d(b[0].locus, d.locus) for d in index.d] for b in right_groups], dtype=np.int64)
    group = np.repeat(np.arange(len(left_groups)), np.diff(left.group_offsets))
    deep = seeds_of(Ragged(left.codes, left.offsets), left.origin, group, V_DEEP_K)
    elements = _elements(left_groups, index.v, index), _elements(right_groups, index.j, index)
    left, right = (
        segments._replace(anchor=np.where(of.is_d, -1, segments.anchor))
        for segments, of in zip((left, right), elements, strict=True)
    )
    germline = Germline(
        left, deep, index.germline.d, right, joins, has_d, np.ones(len(right_groups)), np.zeros(len(right_groups))
    )
    near = segments_of([[_with_5(d, NEAR)] for d in index.d], D_K, None)
    return Extended(germline, *elements, near)


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
