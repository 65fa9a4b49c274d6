"""Define the arrays that the kernels of annotate share: germline reference, thresholds, calls, scratch.

Terms of all kernels here:

- codes: bases as numbers, A C G T = 0 to 3 and N = 4, dtype uint8.
- group: alleles that are searched together, for example all J of one locus.
- origin: the base of an allele at which the alleles of a group are lined up (first base of Cys104 or Phe/Trp118; the
  first base of a D).
- position: the base of the read on which the origins of a group lie, 0-based. It may lie outside of the read. A pair
  (group, position) fixes an ungapped alignment of every allele of the group.
- shift: the base of the read on which the first base of an allele lies, which is position - origin.
- operations: the run-length operations of an alignment (CIGAR), from 5' to 3'; see `gapped`.
- scratch: arrays that the kernels overwrite, made once for many reads.
- run: an ungapped stretch of an alignment; its score is matches - cost * mismatches.

All intervals are half-open: `end` is the first base (or allele) that does not belong.
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
"""Number of the first base of a read, and of the first allele."""
EVERY_KMER = constant(1)
"""Step of `vote` at which every k-mer votes."""

GROUP = np.dtype(
    [
        ("first", np.int64),  # first allele
        ("end", np.int64),  # allele after the last
        ("row", np.int64),  # first element of the group in `profile`, see `Segments`
        ("lowest", np.int64),  # first base of any allele, counted from its origin (0 or negative)
        ("positions", np.int64),  # number of distances from the origin that the alleles cover, from `lowest` on
        ("width", np.int64),  # elements of a row of `profile`; at least the number of alleles
    ]
)
"""Alleles that are searched together, and where their bases are in `Segments.profile`."""

ALLELE = np.dtype(
    [
        ("anchor", np.int64),  # first base of the codon of Cys104 or Phe/Trp118; -1 if there is none
        ("order", np.int64),  # order along the chromosome: of joined segments, the downstream one has the higher order
    ]
)
"""Anchor and order of an allele."""


class Segments(NamedTuple):
    """Hold all alleles of one kind (V, D or J).

    The alleles of a group have consecutive numbers. There are few arrays because the time to compile a kernel grows
    with the number of arrays that it takes.

    Attributes:
        codes: bases of all alleles, one allele after the other; 5 for an unknown base, which equals no base of a read.
        offsets: start of each allele in `codes`, shape (alleles + 1,).
        origin: base of each allele at which the group is lined up, 0-based, shape (alleles,).
        alleles: shape (alleles,), dtype `ALLELE`.
        groups: shape (groups,), dtype `GROUP`.
        profile: the bases of the alleles, by position and base, as 0 or 1. Member m of a group has base b at distance p
            from its origin if ``profile[row + ((p - lowest) * BASE_CODES + b) * width + m]`` is 1.
    """

    codes: U8
    offsets: I64
    origin: I64
    alleles: NDArray[Any]
    groups: NDArray[Any]
    profile: U8


class Germline(NamedTuple):
    """Hold a germline reference.

    Attributes:
        v: V alleles; alleles whose loci overlap form one group.
        v_seeds: k-mer index of `v`.
        v_short_seeds: index of `v` with shorter k-mers, for reads in which `v_seeds` finds no V.
        d: D alleles; each is a group.
        d_seeds: k-mer index of `d`.
        j: J alleles; the J of a locus form one group, Kde another.
        j_seeds: k-mer index of `j`.
        v_joins_j: 1 if a V of the group recombines with a J of the group, shape (V groups, J groups).
        d_joins_j: 1 if the D may lie before a J of the group, shape (J groups, D alleles).
        first_d_factor: factor on the largest allowed E-value of a D, shape (J groups,).
        second_d_factor: factor on that of a second D, relative to the first, shape (J groups,); 0 allows no second D.
    """

    v: Segments
    v_seeds: Seeds
    v_short_seeds: Seeds
    d: Segments
    d_seeds: Seeds
    j: Segments
    j_seeds: Seeds
    v_joins_j: I64
    d_joins_j: I64
    first_d_factor: F64
    second_d_factor: F64


class Limits(NamedTuple):
    """Hold the thresholds for calls.

    Attributes:
        min_v_score: smallest score of a V.
        min_j_score: smallest score of a J.
        max_j_evalue: largest E-value of a J downstream of a V, before calibration.
        max_d_evalue: largest E-value of a D between V and J, before calibration.
        mutated_evalue_factor: factor on `max_j_evalue` if the V is hypermutated.
    """

    min_v_score: float
    min_j_score: float
    max_j_evalue: float
    max_d_evalue: float
    mutated_evalue_factor: float


# Fields of a call, the result for one read. Bases are 0-based and intervals half-open, on the strand of the
# rearrangement. The number of a missing allele is -1; its other
# fields have no meaning.
_PAIR = (
    "called",  # 1 if the read has a rearrangement, else 0
    "reversed",  # 1 if the rearrangement is on the reverse strand, else 0
    "v",  # first of the alleles with equal scores; -1 if there is none. d, d2 and j likewise
    "v_group",
    "v_position",  # base of the read on which the origin of the V lies, without gaps
    "v_score",
    "j",
    "j_group",
    "j_position",
    "j_score",
    "j_search_start",  # first base of the read that the search for the J included
)
_SPAN = ("start", "end", "germline_start", "germline_end")
_SPANS = tuple(f"{kind}_{field}" for kind in ("v", "d", "d2", "j") for field in _SPAN)
_REST = (
    "d",
    "d_score",
    "d2",
    "d2_score",
    "v_operation_count",  # number of operations of the alignment; 1 if there are no gaps
    "j_operation_count",
    "v_matches",
    "v_mismatches",
    "j_matches",
    "j_mismatches",
    "v_anchor",  # first base of the Cys104 codon on the read; -1 if there is none. j_anchor likewise
    "j_anchor",
    "in_frame",  # 1 yes, 0 no, -1 unknown. stop and productive likewise
    "stop",
    "productive",
    "key_start",  # first base of the key region; -1 if there is none
    "key_end",
)
# E-values: number of matches with this score or more that random sequence gives.
_EVALUES = ("v_evalue", "d_evalue", "d2_evalue", "j_evalue")
CALL = np.dtype([(name, np.int64) for name in _PAIR + _SPANS + _REST] + [(name, np.float64) for name in _EVALUES])


class Votes(NamedTuple):
    """Hold the scratch arrays of the k-mer search.

    Attributes:
        numbers: numbers of the k-mers of a read, see `kmer_numbers`; shape (longest read + 1,).
        counts: votes, shape (groups, positions); all zero between searches.
        touched: the (group, position) cells of `counts` with a vote, packed as in `vote`.
        candidates: group, position and votes of each selected candidate, shape (max_candidates, 3).
    """

    numbers: I64
    counts: I32
    touched: I64
    candidates: I64


class Members(NamedTuple):
    """Hold the scratch arrays for the alleles of one group, each of shape (width of the widest group,).

    Attributes:
        overlap_scores: scores over the whole overlap with a read, see `score_overlap`.
        matches: matches over the whole overlap.
        run_scores: scores over one stretch of the read, see `score_within_run`.
        byte_counts: partial sums of `count_profile`.
    """

    overlap_scores: I64
    matches: I64
    run_scores: I64
    byte_counts: U8


class Scratch(NamedTuple):
    """Hold the scratch arrays for all kinds of segments.

    Attributes:
        votes: for the k-mer search.
        members: for the alleles of a group.
        table: for `align_banded`.
    """

    votes: Votes
    members: Members
    table: Table


class Scores(NamedTuple):
    """Hold two scores for each allele of one kind.

    Attributes:
        last: scores of the latest search, shape (alleles,).
        best: scores of the best candidate so far, shape (alleles,).
    """

    last: I64
    best: I64


def make_scratch(read_length: int, kinds: Sequence[tuple[Segments, Seeds]], max_candidates: int) -> Scratch:
    """Allocate scratch arrays.

    Args:
        read_length: length of the longest read [nt].
        kinds: alleles and k-mer index of each kind that is searched.
        max_candidates: number of candidates that one search selects.
    """
    groups = max(len(segments.groups) for segments, _ in kinds)
    widest = max(1, *(int(segments.groups["width"].max(initial=0)) for segments, _ in kinds))
    positions = read_length + 2 * max(seeds.reach for _, seeds in kinds) + 2
    return Scratch(
        Votes(
            np.zeros(read_length + 1, dtype=np.int64),
            np.zeros((groups, positions), dtype=np.int32),
            np.zeros(groups * positions, dtype=np.int64),
            np.zeros((max_candidates, 3), dtype=np.int64),
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
    """Allocate scores for the alleles of one kind, all zero."""
    return Scores(*(np.zeros(len(segments.origin), dtype=np.int64) for _ in range(2)))


def longest(offsets: I64) -> int:
    """Return the length of the longest row of a ragged array with these `offsets`; 0 if there are no rows."""
    return int(np.diff(offsets).max(initial=0))


@leaf
def append_ties(ties: I16, used: int, scores: I64, start: int, end: int) -> int:
    """Append the alleles of ``start:end`` that share the highest score, unless that score is 0.

    Args:
        ties: buffer, written from `used` on.
        used: number of filled elements of `ties`.
        scores: score of each allele, shape (alleles,).
        start: first allele.
        end: allele after the last.

    Returns:
        The number of filled elements of `ties`.
    """
    best = 0
    for allele in range(start, end):
        best = max(best, scores[allele])
    for allele in range(start, end):
        if best > 0 and scores[allele] == best:
            ties[used] = allele
            used += 1
    return used
