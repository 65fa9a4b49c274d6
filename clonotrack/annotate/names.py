"""Names of what a read was called: alleles with their ties, locus, system."""

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

# What stands behind a locus in the name of a system.
_ENDINGS = ("", "+", "+D")


def call_names(details: Details, index: Index) -> dict[str, pl.Series]:
    """`v_call`, `d_call`, `d2_call`, `j_call`: all alleles that explain a read equally well, null for none."""
    turns = {"v": (0, index.v), "j": (1, index.j), "d": (2, index.d), "d2": (3, index.d)}
    return {
        f"{kind}_call": _tie_names(
            details.ties, details.tie_offsets[turn:-1:4], details.tie_offsets[turn + 1 :: 4], segments
        )
        for kind, (turn, segments) in turns.items()
    }


def _tie_names(ties: I16, starts: I64, ends: I64, segments: Sequence[Segment]) -> pl.Series:
    """Comma-separated names of ragged sets of alleles; each distinct set is spelled once."""
    sets = _set_digests(ties, starts, ends, len(segments))
    _, first, member = np.unique(sets, return_index=True, return_inverse=True)
    spelled = [",".join(segments[allele].allele for allele in ties[starts[i] : ends[i]]) or None for i in first]
    return pl.Series(spelled, dtype=pl.String).gather(member)


def _set_digests(ties: I16, starts: I64, ends: I64, alleles: int) -> U64:
    """A number for each set: the sum of its members' random 64-bit numbers (Zobrist); 0 for the empty set.

    `ties` holds alleles of other kinds too, between the sets that are asked for; what they add cancels out.
    """
    random = np.random.default_rng(0).integers(1, 2**64, size=max(1, alleles), dtype=np.uint64)
    chosen = np.zeros(len(ties) + 1, dtype=np.uint64)
    np.cumsum(random[ties % len(random)], out=chosen[1:])
    return chosen[ends] - chosen[starts]


def locus_and_system(calls: NDArray[Any], index: Index) -> dict[str, pl.Series]:
    """`locus`, that of the J, and `system`; null where there is no call.

    METHOD: TRA and TRD share V genes, so the J decides; a V of TRD alone joined to a J of TRA is ``TRA+D``; what ends
    in Kde is ``IGK+``.
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
    ending = np.where(to_alpha, _ENDINGS.index("+D"), np.where(plus, _ENDINGS.index("+"), 0))
    systems = [locus + ending for locus in LOCI for ending in _ENDINGS]
    found = calls["found"] != 0
    return {"locus": _chosen(LOCI, locus, found), "system": _chosen(systems, locus * len(_ENDINGS) + ending, found)}


def _chosen(names: Sequence[str], numbers: I64, found: NDArray[np.bool_]) -> pl.Series:
    """The name of each number, null where nothing was found."""
    return pl.Series([*names, None]).gather(np.where(found, numbers, len(names)))
