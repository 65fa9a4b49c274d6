"""Name the alleles, locus and system of each call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.annotate.index import KDE, Index
from clonotrack.annotate.kernels.complete_calls import Details
from clonotrack.germline import LOCI, Segment
from clonotrack.sequences import I16, I64, U64

# Suffixes of a locus in the name of a system: complete, incomplete, V of TRD joined to J of TRA.
_SUFFIXES = ("", "+", "+D")


def call_names(details: Details, index: Index) -> dict[str, pl.Series]:
    """Return `v_call`, `d_call`, `d2_call` and `j_call`: the alleles with the highest alignment score of each segment.

    Alleles with equal scores (ties) are joined by commas. A segment without a call is null.
    """
    turns = {"v": (0, index.v), "j": (1, index.j), "d": (2, index.d), "d2": (3, index.d)}
    return {
        f"{kind}_call": _tie_names(
            details.ties, details.tie_offsets[turn:-1:4], details.tie_offsets[turn + 1 :: 4], segments
        )
        for kind, (turn, segments) in turns.items()
    }


def _tie_names(ties: I16, starts: I64, ends: I64, segments: Sequence[Segment]) -> pl.Series:
    """Join the names of each set of tied alleles by commas.

    Args:
        ties: allele numbers of all sets.
        starts: set i is ``ties[starts[i]:ends[i]]``, shape (reads,).
        ends: see `starts`.
        segments: alleles, in the order of their numbers.

    Returns:
        Shape (reads,); null for an empty set.
    """
    sets = _set_digests(ties, starts, ends, len(segments))
    _, first, member = np.unique(sets, return_index=True, return_inverse=True)
    names = [",".join(segments[allele].allele for allele in ties[starts[i] : ends[i]]) or None for i in first]
    return pl.Series(names, dtype=pl.String).gather(member)


def _set_digests(ties: I16, starts: I64, ends: I64, alleles: int) -> U64:
    """Hash each set of alleles: add up a random 64-bit number of each member (Zobrist 1970); 0 for an empty set.

    Between the sets of one kind of segment, `ties` contains sets of other kinds. They do not count, because each sum is
    a difference of two cumulative sums.
    """
    random = np.random.default_rng(0).integers(1, 2**64, size=max(1, alleles), dtype=np.uint64)
    chosen = np.zeros(len(ties) + 1, dtype=np.uint64)
    np.cumsum(random[ties % len(random)], out=chosen[1:])
    return chosen[ends] - chosen[starts]


def locus_and_system(calls: NDArray[Any], index: Index) -> dict[str, pl.Series]:
    """Return `locus` (the locus of the J, or of the D if there is no J) and `system`; null without a rearrangement.

    METHOD: TRA and TRD share V genes, so the J decides the locus. A V that only TRD uses, or a D of TRD, joined to a J
    of TRA is ``TRA+D``. A rearrangement that ends in Kde is ``IGK+``.
    """
    of_d, of_j = ([LOCI.index(segment.locus) for segment in group] or [0] for group in (index.d, index.j))
    kde = np.array([segment.gene == KDE for segment in index.j])
    delta_only = np.array([segment.loci == ("TRD",) for segment in index.v])
    v, d, j = (calls[kind] for kind in "vdj")
    locus_of_d = np.array(of_d)[d]
    locus = np.where(j >= 0, np.array(of_j)[j], locus_of_d)
    from_delta = np.where(v >= 0, delta_only[v], locus_of_d == LOCI.index("TRD"))
    to_alpha = (locus == LOCI.index("TRA")) & from_delta
    plus = (v < 0) | (j < 0) | kde[j]
    suffix = np.where(to_alpha, _SUFFIXES.index("+D"), np.where(plus, _SUFFIXES.index("+"), 0))
    systems = [locus + suffix for locus in LOCI for suffix in _SUFFIXES]
    called = calls["called"] != 0
    return {
        "locus": _look_up(LOCI, locus, called),
        "system": _look_up(systems, locus * len(_SUFFIXES) + suffix, called),
    }


def _look_up(names: Sequence[str], numbers: I64, called: NDArray[np.bool_]) -> pl.Series:
    """Look up the name with each number in `numbers`; null for reads whose `called` is false (no rearrangement)."""
    return pl.Series([*names, None]).gather(np.where(called, numbers, len(names)))
