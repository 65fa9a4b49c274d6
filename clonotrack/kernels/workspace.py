"""Scratch arrays that all reads share, one set for each kind of segment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.gapped import BAND, Table, make_table
from clonotrack.kernels.jit import leaf, njit
from clonotrack.kernels.segments import Segments
from clonotrack.sequence import I16, I32, I64, U8


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
