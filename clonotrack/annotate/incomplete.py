"""Incomplete rearrangements: reads without V and J are searched once more, for D genes with what lies beside them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clonotrack.annotate.extended import Extended
from clonotrack.annotate.index import Index
from clonotrack.kernels.bare import find_bare
from clonotrack.kernels.incomplete import tell_incomplete
from clonotrack.kernels.pairing import Pairs, find_pairs
from clonotrack.kernels.segments import Limits
from clonotrack.kernels.settlement import Details, settle_pairs
from clonotrack.sequence import I64, Ragged, offsets_of

Rows = TypeVar("Rows", bound=np.generic)


def add_incomplete(
    reads: Ragged, pairs: Pairs, details: Details, index: Index, extended: Extended, limits: Limits
) -> Details:
    """Look for incomplete rearrangements in the reads that have no other.

    Args:
        reads: as they were given.
        pairs: of these reads; calls and oriented codes of those that are incomplete are written over.
        details: of these reads.
        index: the reference.
        extended: its form for incomplete rearrangements.
        limits: of incomplete ones.

    Returns:
        The details, with those of incomplete rearrangements.
    """
    for bare in (False, True):
        without = np.flatnonzero(pairs.calls["found"] == 0)
        if len(without):
            details = _add(reads, without, pairs, details, index, extended, limits, bare=bare)
    return details


def _add(
    reads: Ragged,
    without: I64,
    pairs: Pairs,
    details: Details,
    index: Index,
    extended: Extended,
    limits: Limits,
    *,
    bare: bool,
) -> Details:
    """Look in the reads `without`, for segments with their flanks or for `bare` D; see `add_incomplete`."""
    some, germline = reads.take(without), extended.germline
    if bare:
        found = find_bare(some.codes, some.offsets, germline, extended.near, extended.left, limits)
        expected = found.calls["v_expected"].copy()
    else:
        found = find_pairs(some.codes, some.offsets, germline, limits)
    settled = settle_pairs(some.offsets, found, germline, limits)
    if bare:
        found.calls["v_expected"] = expected
    calls, told = tell_incomplete(some.offsets, found, settled, extended.left, extended.right)
    chosen = np.flatnonzero((calls["found"] == 1) & _wanted(calls, index))
    pairs.calls[without[chosen]] = calls[chosen]
    for i in chosen.tolist():
        start = reads.offsets[without[i]]
        codes = found.oriented[some.offsets[i] : some.offsets[i + 1]]
        pairs.oriented[start : start + len(codes)] = codes
    rows, others = without[chosen], chosen
    ties, tie_offsets = _exchange(details.ties, details.tie_offsets, told.ties, told.tie_offsets, rows, others, 4)
    pieces, piece_offsets = _exchange(
        details.pieces, details.piece_offsets, told.pieces, told.piece_offsets, rows, others, 2
    )
    return Details(ties, tie_offsets, pieces, piece_offsets)


def _wanted(calls: NDArray[Any], index: Index) -> NDArray[np.bool_]:
    """Whether the locus of a call is told: that of the J, else of the D."""
    of_j = np.array([segment.locus in index.loci for segment in index.j])
    of_d = np.array([segment.locus in index.loci for segment in index.d])
    return np.asarray(np.where(calls["j"] >= 0, of_j[calls["j"]], of_d[calls["d"]]), dtype=np.bool_)


def _exchange(
    values: NDArray[Rows], offsets: I64, new: NDArray[Rows], new_offsets: I64, rows: I64, others: I64, slots: int
) -> tuple[NDArray[Rows], I64]:
    """Put rows of one ragged array, of so many slots each, in the place of rows of another."""
    slot = np.arange(slots)
    source = np.arange(len(offsets) - 1)
    source[(rows[:, None] * slots + slot).ravel()] = len(source) + (others[:, None] * slots + slot).ravel()
    lengths = np.concatenate([np.diff(offsets), np.diff(new_offsets)])[source]
    starts = np.concatenate([offsets[:-1], len(values) + new_offsets[:-1]])[source]
    bounds = offsets_of(lengths)
    gathered = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
    return np.concatenate([values, new])[gathered], bounds
