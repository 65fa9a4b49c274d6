"""How kernels see a germline reference: the alleles of each kind as flat arrays, grouped by locus, with an index.

The call of one read, as kernels write it.

Scratch arrays that all reads share, one set for each kind of segment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.annotate.kernels.gapped import BAND, Table, make_table
from clonotrack.annotate.kernels.profile import Profile
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.kernels.jit import inlined, leaf, njit
from clonotrack.sequences import F64, I16, I32, I64, U8


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


# Positions are 0-based and half-open, on the strand of the rearrangement; -1 or 0 where there is none.
_PAIR = (
    "found",  # 1: there is a rearrangement
    "reversed",  # 1: the read was reversed
    "v",  # first allele of the tie; -1: there is none; so for d, d2, j
    "v_group",
    "v_place",  # of the common coordinate of the V group on the read
    "v_score",
    "j",
    "j_group",
    "j_place",
    "j_score",
    "earliest_j",  # base from which the J was looked for
)
_SPAN = ("start", "end", "germline_start", "germline_end")
_SPANS = tuple(f"{kind}_{field}" for kind in ("v", "d", "d2", "j") for field in _SPAN)
_REST = (
    "d",
    "d_score",
    "d2",
    "d2_score",
    "v_pieces",  # pieces of the alignment: 1 where there are no gaps
    "j_pieces",
    "v_matches",
    "v_mismatches",
    "j_matches",
    "j_mismatches",
    "v_anchor",  # Cys104 codon on the read; -1 where it is not
    "j_anchor",
    "in_frame",  # 1, 0, -1 for not known; so are the next two
    "stop",
    "productive",
    "key_start",  # -1: there is no key region
    "key_end",
)
# Matches as good as this one that random sequence would have (E-values).
_EXPECTED = ("v_expected", "d_expected", "d2_expected", "j_expected")
CALL = np.dtype([(name, np.int64) for name in _PAIR + _SPANS + _REST] + [(name, np.float64) for name in _EXPECTED])


class Bench(NamedTuple):
    """Scratch for one kind of segment.

    Attributes:
        numbers: k-mers of a read.
        votes: of k-mers, shape (groups, places); zero between uses.
        touched: cells with a vote.
        elected: candidates, shape (most candidates, 3).
        rough: a number per allele, or per place of a profile's row; so are the next two.
        matches: see `rough`.
        inside: see `rough`.
        scores: a score per allele.
        best: scores that are kept.
        few: for `count_profile`.
        table: for `align_banded`.
    """

    numbers: I64
    votes: I32
    touched: I64
    elected: I64
    rough: I64
    matches: I64
    inside: I64
    scores: I64
    best: I64
    few: U8
    table: Table


@njit
def make_bench(read_length: int, segments: Segments, candidates: int) -> Bench:
    """Scratch for reads of at most `read_length`."""
    groups = len(segments.group_offsets) - 1
    alleles = len(segments.origin)
    widest = 1
    for group in range(groups):
        widest = max(widest, segments.profile.width[group])
    places = read_length + 2 * segments.seeds.reach + 2
    return Bench(
        np.zeros(read_length + 1, dtype=np.int64),
        np.zeros((groups, places), dtype=np.int32),
        np.zeros(groups * places, dtype=np.int64),
        np.zeros((candidates, 3), dtype=np.int64),
        np.zeros(max(alleles, widest), dtype=np.int64),
        np.zeros(max(alleles, widest), dtype=np.int64),
        np.zeros(max(alleles, widest), dtype=np.int64),
        np.zeros(alleles, dtype=np.int64),
        np.zeros(alleles, dtype=np.int64),
        np.zeros(widest, dtype=np.uint8),
        make_table(longest(segments.offsets), BAND),
    )


@leaf
def longest(offsets: I64) -> int:
    """Length of the longest of ragged sequences."""
    most = 0
    for i in range(len(offsets) - 1):
        most = max(most, offsets[i + 1] - offsets[i])
    return most


@leaf
def keep_group(kept: I64, scores: I64, start: int, end: int) -> None:
    """Copy the scores of the alleles ``start:end``."""
    for allele in range(start, end):
        kept[allele] = scores[allele]


@njit
def append_ties(ties: I16, used: int, scores: I64, start: int, end: int) -> tuple[I16, int]:
    """Append those of the alleles ``start:end`` that have the highest score, if it is above 0.

    Returns:
        The buffer, a larger one where it was full, and how much of it is used.
    """
    best = 0
    for allele in range(start, end):
        best = max(best, scores[allele])
    if used + end - start > len(ties):
        larger = np.empty(2 * len(ties) + end - start, dtype=np.int16)
        for i in range(used):
            larger[i] = ties[i]
        ties = larger
    for allele in range(start, end):
        if best > 0 and scores[allele] == best:
            ties[used] = allele
            used += 1
    return ties, used
