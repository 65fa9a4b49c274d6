"""What the recombination kernels write: the call of one read, and scratch arrays that all reads share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.kernels.seeds import Seeds
from clonotrack.kernels.segments import Germline
from clonotrack.sequence import I32, I64, U8

# Positions are 0-based and half-open, on the strand of the rearrangement; -1 and 0 where there is none.
CALL = np.dtype(
    [
        (name, np.int32)
        for name in (
            "reversed",  # 1: the read was reversed
            "v_group",
            "v_place",  # of the common coordinate of the V group on the read
            "v",  # first allele of the tie; -1: there is no rearrangement
            "v_score",
            "v_start",
            "v_end",
            "v_germline_start",
            "v_germline_end",
            "v_matches",
            "v_mismatches",
            "v_pieces",
            "v_anchor",  # Cys104 codon on the read; -1 where it is not
            "earliest_j",  # base from which the J was looked for
            "j_group",
            "j_place",
            "j",
            "j_score",
            "j_start",
            "j_end",
            "j_germline_start",
            "j_germline_end",
            "j_pieces",
            "j_anchor",
            "d",
            "d_score",
            "d_start",
            "d_end",
            "d_germline_start",
            "d_germline_end",
            "d2",
            "d2_score",
            "d2_start",
            "d2_end",
            "d2_germline_start",
            "d2_germline_end",
            "in_frame",  # 1, 0, -1 for not known; so are the next two
            "stop",
            "productive",
            "key_start",  # -1: there is no key region
            "key_end",
        )
    ]
)
MOST_PIECES = 64


class Workspace(NamedTuple):
    """Scratch arrays for reads up to a length; what holds votes is zero between uses."""

    v_numbers: I64
    v_votes: I32
    v_touched: I64
    v_elected: I64
    v_rough: I64
    v_scores: I64
    v_best: I64
    j_numbers: I64
    j_votes: I32
    j_touched: I64
    j_elected: I64
    j_rough: I64
    j_scores: I64
    j_candidate: I64
    j_best: I64
    d_numbers: I64
    d_votes: I32
    d_touched: I64
    d_scores: I64
    d_best: I64
    d2_best: I64
    d_allowed: I64
    v_pieces: I32
    j_pieces: I32


@njit
def longest(offsets: I64) -> int:
    """Length of the longest of ragged sequences."""
    most = 0
    for i in range(len(offsets) - 1):
        most = max(most, offsets[i + 1] - offsets[i])
    return most


@njit
def make_workspace(read_length: int, germline: Germline, candidates: int) -> Workspace:
    """Scratch for reads of at most `read_length`, electing this many candidates."""
    v_votes = _votes(len(germline.v.group_offsets) - 1, read_length, germline.v_seeds)
    j_votes = _votes(len(germline.j.group_offsets) - 1, read_length, germline.j_seeds)
    d_votes = _votes(len(germline.d.origin), read_length, germline.d_seeds)
    v_alleles = len(germline.v.origin)
    j_alleles = len(germline.j.origin)
    d_alleles = len(germline.d.origin)
    return Workspace(
        np.zeros(read_length + 1, dtype=np.int64),
        v_votes,
        np.zeros(v_votes.size, dtype=np.int64),
        np.zeros((candidates, 3), dtype=np.int64),
        np.zeros(v_alleles, dtype=np.int64),
        np.zeros(v_alleles, dtype=np.int64),
        np.zeros(v_alleles, dtype=np.int64),
        np.zeros(read_length + 1, dtype=np.int64),
        j_votes,
        np.zeros(j_votes.size, dtype=np.int64),
        np.zeros((candidates, 3), dtype=np.int64),
        np.zeros(j_alleles, dtype=np.int64),
        np.zeros(j_alleles, dtype=np.int64),
        np.zeros(j_alleles, dtype=np.int64),
        np.zeros(j_alleles, dtype=np.int64),
        np.zeros(read_length + 1, dtype=np.int64),
        d_votes,
        np.zeros(d_votes.size, dtype=np.int64),
        np.zeros(d_alleles, dtype=np.int64),
        np.zeros(d_alleles, dtype=np.int64),
        np.zeros(d_alleles, dtype=np.int64),
        np.zeros(d_alleles, dtype=np.int64),
        np.zeros((MOST_PIECES, 2), dtype=np.int32),
        np.zeros((MOST_PIECES, 2), dtype=np.int32),
    )


@njit
def _votes(groups: int, read_length: int, seeds: Seeds) -> I32:
    return np.zeros((groups, read_length + 2 * seeds.reach[0] + 2), dtype=np.int32)
