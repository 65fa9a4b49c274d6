"""The pieces of all targets, and where in the targets they lie: what the first filter and the comparison look up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.germline import Reference
from clonotrack.kernels.choosing import choose_pieces
from clonotrack.kernels.sieve import PIECE
from clonotrack.kernels.verify import Index, fill_slots
from clonotrack.sequence import F64, I64, U8, Ragged, encode
from clonotrack.track.targets import Target

_COMMON = 1000.0  # cost of a piece that every rearrangement of a locus holds


def piece_starts(targets: Sequence[Target], reference: Reference) -> list[I64]:
    """First bases of the pieces of each target: one more than it is allowed edits.

    METHOD: those are taken that fewest reads of other cells hold: the cost of a piece is the share of V or J segments
    that hold it, and the number of other targets that do.
    """
    if not targets:
        return []
    parts = Ragged.from_strings([target.part for target in targets])
    values = piece_values(parts.codes)
    known, counts = np.unique(values, return_counts=True)
    cost = counts[np.searchsorted(known, values)].astype(np.float64)
    common, weights = _germline(reference)
    at = np.minimum(np.searchsorted(common, values), max(len(common) - 1, 0))
    if len(common):
        cost += np.where(common[at] == values, weights[at], 0.0)
    cost = np.concatenate([cost, np.zeros(len(parts.codes) - len(cost))])
    edits = np.array([target.edits for target in targets], dtype=np.int64)
    chosen = choose_pieces(cost, parts.offsets, edits, PIECE)
    return np.split(chosen, np.cumsum(edits + 1)[:-1])


def index_of(targets: Sequence[Target], starts: Sequence[I64]) -> Index:
    """Where each piece lies in the probes, and the stretch around it that has no edit where the piece is untouched.

    The stretches of a target are as long as can be without overlap, so that a piece which other sequences hold as
    well, one of a V segment say, seldom leads to a comparison. Of the pieces of a target the one nearest its middle,
    where the junction is, comes first.

    Args:
        targets: what is looked for.
        starts: as `piece_starts` gives them.
    """
    columns: list[I64] = []
    for number, (target, first) in enumerate(zip(targets, starts, strict=True)):
        size = len(target.part)
        between = (first[1:] + first[:-1] + PIECE) // 2
        low, high = np.concatenate([[0], between]), np.concatenate([between, [size]])
        from_middle = np.argsort(np.abs(2 * first + PIECE - size), kind="stable")
        rarer, rarest = np.argsort(from_middle), np.full(len(first), from_middle[0])
        values = piece_values(encode(target.part))[first]
        turned = piece_values(3 - encode(target.part)[::-1])[size - PIECE - first]
        probe, length = np.full(len(first), 2 * number), np.full(len(first), size)
        columns.append(np.array([values, probe, first, low, high, length, rarer, low[rarest], high[rarest]]))
        of_turned = [turned, probe + 1, size - PIECE - first, size - high, size - low]
        columns.append(np.array([*of_turned, length, rarer, size - high[rarest], size - low[rarest]]))
    table = np.concatenate([np.zeros((9, 0), dtype=np.int64), *columns], axis=1)
    table = table[:, np.argsort(table[0], kind="stable")]
    values, counts = np.unique(table[0], return_counts=True)
    slots = np.full(1 << max(4, int(2 * len(values)).bit_length()), -1, dtype=np.int64)
    fill_slots(values, slots)
    origins = np.concatenate([[0], np.cumsum(np.repeat([len(target.part) for target in targets], 2))]).astype(np.int64)
    places = np.column_stack([*table[1:5], origins[table[1]], *table[5:]]).astype(np.int32)
    return Index(slots, values, np.concatenate([[0], np.cumsum(counts)]), np.ascontiguousarray(places))


def piece_values(codes: U8) -> I64:
    """Value of the piece that begins at each base, shape (len(codes) - PIECE + 1,): two bits a base, first base lowest.

    The bits of a base are those of its letter, A 0, C 1, T 2, G 3, unknown bases as A.
    """
    known = np.where(codes < 4, codes, 0).astype(np.int64)
    bits = known ^ (known >> 1)
    count = max(0, len(codes) - PIECE + 1)
    values = np.zeros(count, dtype=np.int64)
    for place in range(PIECE):
        values |= bits[place : place + count] << (2 * place)
    return values


def _germline(reference: Reference) -> tuple[I64, F64]:
    """Distinct pieces of V and J segments, sorted, and the cost of each."""
    values, weights = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for kind in ("V", "J"):
        for locus in reference.loci:
            of_locus = [segment.sequence for segment in reference.select(kind, locus)]
            joined = piece_values(encode("".join(of_locus)))
            values.append(joined)
            weights.append(np.full(len(joined), _COMMON / max(1, len(of_locus))))
    known, at = np.unique(np.concatenate(values), return_inverse=True)
    cost: F64 = np.bincount(at, np.concatenate(weights), minlength=len(known)).astype(np.float64)
    return known, cost
