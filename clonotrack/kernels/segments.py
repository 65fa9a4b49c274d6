"""How kernels see germline segments: the alleles of one kind as flat arrays, grouped by the locus they share."""

from __future__ import annotations

from typing import NamedTuple

from clonotrack.sequence import I64, U8


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
        group: group of each allele.
        cluster: place of each D or J along the chromosome; a D joins only a J that is not before it.
    """

    codes: U8
    offsets: I64
    origin: I64
    anchor: I64
    group_offsets: I64
    group: I64
    cluster: I64
