"""How kernels see a germline reference: the alleles of each kind as flat arrays, grouped by locus, with an index.

The call of one read, as kernels write it.

Scratch arrays that all reads share, one set for each kind of segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.kernels.gapped import BAND, Table, make_table
from clonotrack.annotate.kernels.seeds import Seeds
from clonotrack.kernels.jit import constant, leaf
from clonotrack.sequences import F64, I16, I32, I64, U8

FIRST = constant(0)
"""The first base of a read."""
ALL = constant(1)
"""Step of the k-mers that vote: each of them."""

GROUP = np.dtype(
    [
        ("first", np.int64),  # first allele
        ("end", np.int64),  # the allele behind its last
        ("row", np.int64),  # where its rows begin in `has`
        ("lowest", np.int64),  # lowest place that an allele covers, counted from the common coordinate
        ("places", np.int64),  # how many places the alleles cover
        ("width", np.int64),  # of a row; at least the group's alleles
    ]
)
"""A group of alleles."""

ALLELE = np.dtype(
    [
        ("anchor", np.int64),  # start of the anchor codon; -1 where there is none
        ("order", np.int64),  # place along the chromosome; a D lies between what it is joined with
    ]
)
"""What is known of an allele, beside its bases."""


class Segments(NamedTuple):
    """All alleles of one kind (V, D or J).

    Alleles of one group follow one another and have a common coordinate, `origin`: the same codon of related alleles
    (Cys104, Phe/Trp118), so that one number places all of them on a read.

    Few arrays, since the time to compile a kernel grows with the number of arrays that it takes.

    Attributes:
        codes: bases of the alleles, one after the other; 5 for an unknown base, which equals no base of a read.
        offsets: shape (alleles + 1,).
        origin: place of the common coordinate in each allele, shape (alleles,).
        alleles: shape (alleles,), dtype `ALLELE`.
        groups: shape (groups,), dtype `GROUP`.
        has: 1 where an allele has a base: member m of a group has base b at place p where
            ``has[row + ((p - lowest) * LETTERS + b) * width + m]`` is set.
    """

    codes: U8
    offsets: I64
    origin: I64
    alleles: NDArray[Any]
    groups: NDArray[Any]
    has: U8


class Germline(NamedTuple):
    """A reference.

    Attributes:
        v: V alleles; in one group what shares a locus.
        v_seeds: an index of the V.
        v_deep: an index of the V with shorter k-mers.
        d: D alleles, each a group of its own.
        d_seeds: an index of the D.
        j: J alleles, a group per locus, Kde apart.
        j_seeds: an index of the J.
        joins: 1 where a V of the group recombines with a J of the group, shape (V groups, J groups).
        has_d: 1 where the D may be between V and a J of the group, shape (J groups, D alleles).
        first_d: times as much chance as elsewhere that is allowed for a D, shape (J groups,).
        second_d: times as much chance that is allowed for a second D as for the first, shape (J groups,); 0 for none.
    """

    v: Segments
    v_seeds: Seeds
    v_deep: Seeds
    d: Segments
    d_seeds: Seeds
    j: Segments
    j_seeds: Seeds
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


class Votes(NamedTuple):
    """Scratch for the search of places by k-mers.

    Attributes:
        numbers: k-mers of a read.
        counts: votes, shape (groups, places); zero between uses.
        touched: cells with a vote.
        elected: candidates, shape (most candidates, 3).
    """

    numbers: I64
    counts: I32
    touched: I64
    elected: I64


class Members(NamedTuple):
    """Scratch for the alleles of one group: a number for each, and for the rest of a profile's row.

    Attributes:
        rough: rough scores.
        matches: over the whole overlap with a read.
        inside: over a part of it.
        few: for `count_profile`.
    """

    rough: I64
    matches: I64
    inside: I64
    few: U8


class Scratch(NamedTuple):
    """Arrays that the kernels write in, the same for all kinds of segments.

    Attributes:
        votes: for the search of places.
        members: for the alleles of a group.
        table: for `align_banded`.
    """

    votes: Votes
    members: Members
    table: Table


class Scores(NamedTuple):
    """Scores of the alleles of one kind.

    Attributes:
        last: those of the latest search, shape (alleles,).
        best: those that are kept, shape (alleles,).
    """

    last: I64
    best: I64


def make_scratch(read_length: int, kinds: Sequence[tuple[Segments, Seeds]], candidates: int) -> Scratch:
    """Scratch for reads of at most `read_length`, for these kinds of segments, each with an index."""
    groups = max(len(segments.groups) for segments, _ in kinds)
    widest = max(1, *(int(segments.groups["width"].max(initial=0)) for segments, _ in kinds))
    places = read_length + 2 * max(seeds.reach for _, seeds in kinds) + 2
    return Scratch(
        Votes(
            np.zeros(read_length + 1, dtype=np.int64),
            np.zeros((groups, places), dtype=np.int32),
            np.zeros(groups * places, dtype=np.int64),
            np.zeros((candidates, 3), dtype=np.int64),
        ),
        Members(
            np.zeros(widest, dtype=np.int64),
            np.zeros(widest, dtype=np.int64),
            np.zeros(widest, dtype=np.int64),
            np.zeros(widest, dtype=np.uint8),
        ),
        make_table(max(longest(segments.offsets) for segments, _ in kinds), BAND),
    )


def make_scores(segments: Segments) -> Scores:
    """Scores of one kind, all zero."""
    return Scores(*(np.zeros(len(segments.origin), dtype=np.int64) for _ in range(2)))


def longest(offsets: I64) -> int:
    """Length of the longest of ragged sequences; 0 for none."""
    return int(np.diff(offsets).max(initial=0))


@leaf
def append_ties(ties: I16, used: int, scores: I64, start: int, end: int) -> int:
    """Append those of the alleles ``start:end`` that have the highest score, if it is above 0.

    Returns:
        How much of the buffer is used.
    """
    best = 0
    for allele in range(start, end):
        best = max(best, scores[allele])
    for allele in range(start, end):
        if best > 0 and scores[allele] == best:
            ties[used] = allele
            used += 1
    return used
