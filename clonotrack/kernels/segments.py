"""How kernels see a germline reference: the alleles of each kind as flat arrays, grouped by locus, with an index."""

from __future__ import annotations

from typing import NamedTuple

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.kernels.profile import Profile
from clonotrack.kernels.seeds import Seeds
from clonotrack.sequence import F64, I64, U8


class Segments(NamedTuple):
    """All alleles of one kind (V, D or J).

    Alleles of one group follow one another and have a common coordinate, `origin`: the same codon of related alleles
    (Cys104, Phe/Trp118), so that one number places all of them on a read.

    Attributes:
        codes: bases of the alleles, one after the other; 5 for an unknown base, which equals no base of a read.
        offsets: shape (alleles + 1,).
        origin: place of the common coordinate in each allele, shape (alleles,).
        anchor: start of the anchor codon in each allele; -1 where there is none.
        group_offsets: first allele of each group, shape (groups + 1,).
        order: place of each allele along the chromosome; a D lies between what it is joined with.
        seeds: index of k-mers.
        profile: which alleles have which base where.
    """

    codes: U8
    offsets: I64
    origin: I64
    anchor: I64
    group_offsets: I64
    order: I64
    seeds: Seeds
    profile: Profile


class Germline(NamedTuple):
    """A reference.

    Attributes:
        v: V alleles; in one group what shares a locus.
        v_deep: an index of the V with shorter k-mers.
        d: D alleles, each a group of its own.
        j: J alleles, a group per locus, Kde apart.
        joins: 1 where a V of the group recombines with a J of the group, shape (V groups, J groups).
        has_d: 1 where the D may be between V and a J of the group, shape (J groups, D alleles).
        first_d: times as much chance as elsewhere that is allowed for a D, shape (J groups,).
        second_d: times as much chance that is allowed for a second D as for the first, shape (J groups,); 0 for none.
    """

    v: Segments
    v_deep: Seeds
    d: Segments
    j: Segments
    joins: I64
    has_d: I64
    first_d: F64
    second_d: F64


class Limits(NamedTuple):
    """What is accepted.

    Attributes:
        min_v_score: least V score.
        min_j_score: least J score.
        max_j_expected: most J matches as good as this one that chance may have behind the V (E-value).
        max_d_expected: most D matches as good as this one that chance may have (E-value).
        mutated_favour: times as much chance that is allowed for a J behind a hypermutated V.
    """

    min_v_score: float
    min_j_score: float
    max_j_expected: float
    max_d_expected: float
    mutated_favour: float


@inlined
def codes_of(segments: Segments, allele: int) -> U8:
    """The bases of one allele."""
    return segments.codes[segments.offsets[allele] : segments.offsets[allele + 1]]


@leaf
def group_of(segments: Segments, group: int) -> tuple[int, int]:
    """First allele of a group and the allele behind its last."""
    return segments.group_offsets[group], segments.group_offsets[group + 1]
