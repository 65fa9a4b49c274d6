"""The pieces of all targets, and where in the targets they lie: what the first filter and the comparison look up.

What reads are compared with: both strands of every target, and what a read of each may lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clonotrack.germline import Reference
from clonotrack.pgen.kernels import PIECE
from clonotrack.sequences import F64, I64, U64, Bool, Ragged, encode, reverse_complement
from clonotrack.track.kernels.assign import CONTROL, OWN
from clonotrack.track.kernels.choose_seeds import choose_pieces
from clonotrack.track.kernels.distance import I8, Probes
from clonotrack.track.kernels.seed_filter import LETTER_BITS, Index, fill_slots, piece_values
from clonotrack.track.kernels.word_filter import LANES, MOST_EDITS, NOBODY, WINDOW, WORD, judged
from clonotrack.track.targets import Target

_LINE = 64  # bytes
_ROUNDS = 3
_COMPARISON = 0.15  # cost of a comparison with one target, in look-ups of a piece
_COMMON = 1000.0  # cost of a piece that every rearrangement of a locus holds


def piece_starts(targets: Sequence[Target], reference: Reference) -> list[I64]:
    """First bases of the pieces of each target: one more than it is allowed edits.

    METHOD: those are taken that cost the fewest comparisons. A read that holds a piece, as the share of V or J segments
    with it tells how many do, has it looked up and is compared with its targets; so targets that share a segment had
    better take the same piece of it. The choice is made again, with what a piece costs by how many have taken it.
    What counts for a marker of the own patient may depend on its pieces: they are chosen by the segments alone, so that
    other targets play no part.
    """
    if not targets:
        return []
    parts = Ragged.from_strings([target.part for target in targets])
    values = piece_values(parts.codes)
    known, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    common, weights = _germline(reference)
    place = np.minimum(np.searchsorted(common, known), max(len(common) - 1, 0))
    germline = np.where(common[place] == known, weights[place], 0.0) if len(common) else np.zeros(len(known))
    alone = np.repeat([not _is_whole(target) for target in targets], parts.lengths)
    edits = np.array([target.edits for target in targets], dtype=np.int64)
    origin = np.repeat(parts.offsets[:-1], edits + 1)
    taken = counts
    for _ in range(_ROUNDS):
        shared = (germline + counts) * (1 / (taken + 0.5) + _COMPARISON)
        cost = np.zeros(len(parts.codes))
        cost[: len(at)] = np.where(alone[: len(at)], germline[at] + 1, shared[at])
        chosen = choose_pieces(cost, parts.offsets, edits, PIECE)
        taken = np.bincount(at[origin + chosen], minlength=len(counts))
    return np.split(chosen, np.cumsum(edits + 1)[:-1])


class Pieces(NamedTuple):
    """The pieces of both strands of all targets, one of each for every piece.

    Attributes:
        probe: 2 t of target t as it is, 2 t + 1 of its reverse complement.
        first: first base of the piece in it.
        low: first base of the stretch around the piece.
        high: the base after it.
        size: bases of the probe.
    """

    probe: I64
    first: I64
    low: I64
    high: I64
    size: I64


def index_of(targets: Sequence[Target], starts: Sequence[I64]) -> Index:
    """Where each piece lies in the probes, and what is beside it, in groups of one piece.

    Args:
        targets: what is looked for.
        starts: as `piece_starts` gives them.
    """
    if not targets:
        return Index(
            *(
                np.zeros((1, columns), dtype=kind)
                for columns, kind in ((4, np.int32), (2 * LANES, np.uint64), (6, np.int32))
            )
        )
    strands = Ragged.from_strings([s for t in targets for s in (t.part, reverse_complement(t.part))])
    pieces = _pieces(strands.lengths[::2], starts)
    edits = np.array([target.edits if _is_whole(target) else MOST_EDITS + 1 for target in targets], dtype=np.int64)
    edits = edits[pieces.probe >> 1]
    right, bases, words = _windows(strands, pieces, edits)
    origin = strands.offsets[pieces.probe]
    side = 2 * piece_values(strands.codes)[origin + pieces.first] + right  # a row of windows is of one
    order = np.argsort(side, kind="stable")
    sides, at, counts = np.unique(side[order], return_inverse=True, return_counts=True)
    rows = -(-counts // LANES)
    end = np.cumsum(rows)
    lane = LANES * (end - rows)[at] + np.arange(len(order)) - (np.cumsum(counts) - counts)[at]
    windows = np.zeros((2, LANES * int(rows.sum())), dtype=np.uint64)
    windows[1] = NOBODY
    windows[:, lane] = bases[order], judged(words, edits)[order]
    places = np.zeros((windows.shape[1], 6), dtype=np.int32)
    places[lane] = np.column_stack([pieces.probe, pieces.first, pieces.low, pieces.high, origin, pieces.size])[order]
    values, first = np.unique(sides >> 1, return_index=True)
    first_row, left = (end - rows)[first], np.add.reduceat(np.where(sides & 1, 0, rows), first)
    groups = np.column_stack([values, first_row, first_row + left, first_row + np.add.reduceat(rows, first)])
    slots = np.zeros((1 << max(4, int(1.5 * len(values)).bit_length()), 4), dtype=np.int32)
    fill_slots(groups.astype(np.int32), slots)
    return Index(slots, _rows(windows), places)


def _rows(windows: U64) -> U64:
    """A row for each `LANES` targets, within one line of the processor's cache: half the memory is fetched."""
    table = windows.reshape(2, -1, LANES).transpose(1, 0, 2).reshape(-1, 2 * LANES)
    room = np.empty(table.size + 2 * LANES, dtype=np.uint64)
    first = -room.ctypes.data % _LINE // table.itemsize
    rows = room[first : first + table.size].reshape(table.shape)
    rows[:] = table
    return rows


def _pieces(sizes: I64, starts: Sequence[I64]) -> Pieces:
    """The pieces, and the stretch around each: as long as can be without overlapping those of the same target.

    So a piece that other sequences hold as well, one of a V segment say, seldom leads to a comparison.
    """
    first = np.concatenate(starts)
    target = np.repeat(np.arange(len(starts)), [len(some) for some in starts])
    size = sizes[target]
    between = (first[1:] + first[:-1] + PIECE) // 2
    same = target[1:] == target[:-1]
    low = np.concatenate([[0], np.where(same, between, 0)])
    high = np.append(np.where(same, between, size[:-1]), size[-1])
    return Pieces(
        *map(
            np.concatenate,
            (
                (2 * target, 2 * target + 1),
                (first, size - PIECE - first),
                (low, size - high),
                (high, size - low),
                (size, size),
            ),
        )
    )


def _windows(strands: Ragged, pieces: Pieces, edits: I64) -> tuple[Bool, U64, U64]:
    """Whether the window of each piece is what follows it, the bases of the window, and the words that are judged."""
    low, high = np.where(edits > 0, (pieces.low, pieces.high), (pieces.first, pieces.first + PIECE))
    right = pieces.size - high > low
    begin = np.where(right, pieces.first + PIECE, pieces.first - WINDOW)
    start, end = np.where(right, high, 0), np.where(right, pieces.size, low)
    bases, words = np.zeros((2, len(begin)), dtype=np.uint64)
    for i in range(WINDOW):
        place = begin + i
        inside = (place >= 0) & (place < pieces.size)
        codes = LETTER_BITS[strands.codes[(strands.offsets[pieces.probe] + place)[inside]]]
        bases[inside] |= codes.astype(np.uint64) << np.uint64(2 * i)
    for word in range(0, WINDOW, WORD):
        here = (edits <= MOST_EDITS) & (begin + word >= start) & (begin + word + WORD <= end)
        words[here] |= np.uint64(1 << 2 * (word + WORD) - 1)
    return right, bases, words


def _is_whole(target: Target) -> bool:
    """Whether nothing but reads that hold all of the target, with its edits, count for it."""
    return target.least_head is None and target.least_tail is None and target.far < 0 and target.stem_edits < 0


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


def probes_of(targets: Sequence[Target], starts: Sequence[I64], subject_id: str | None) -> Probes:
    """The probes of all targets.

    Args:
        targets: what is looked for.
        starts: first bases of the pieces of each.
        subject_id: the patient of the sample, None for a control sample.
    """
    strands = Ragged.from_strings([s for t in targets for s in (t.part, reverse_complement(t.part))])
    cut_right, cut_left = _cuts(targets, starts, strands.offsets)
    stems = [(t.stem, len(t.part)) if t.stem is not None else (0, 0) for t in targets]
    return Probes(
        codes=strands.codes,
        offsets=strands.offsets,
        edits=_array([target.edits for target in targets]),
        cut_right=cut_right,
        cut_left=cut_left,
        group=groups_of(targets, subject_id),
        apart=_array([max(target.apart, target.edits + 1) for target in targets]),
        far=_array([target.far for target in targets]),
        stem_start=_array([bound for start, _ in stems for bound in (start, 0)]),
        stem_end=_array([bound for start, end in stems for bound in (end, end - start)]),
        stem_edits=_array([target.stem_edits for target in targets]),
    )


def groups_of(targets: Sequence[Target], subject_id: str | None) -> I64:
    """Whose each target is, in the numbers of `clonotrack.track.kernels.assign`."""
    numbers: dict[str | None, int] = {} if subject_id is None else {subject_id: OWN}
    others = OWN + 1 - len(numbers)
    group = [
        CONTROL if target.kind == "control" else numbers.setdefault(target.subject_id, others + len(numbers))
        for target in targets
    ]
    return _array(group)


def _cuts(targets: Sequence[Target], starts: Sequence[I64], offsets: I64) -> tuple[I8, I8]:
    """The tables `cut_right` and `cut_left` of all probes."""
    right, left = np.full((2, int(offsets[-1]) + 2 * len(targets)), -1, dtype=np.int8)
    begin = offsets[:-1] + np.arange(2 * len(targets))
    for table in (right, left):
        table[begin + np.diff(offsets)] = np.repeat([target.edits for target in targets], 2)
    for number, (target, first) in enumerate(zip(targets, starts, strict=True)):
        if target.least_head is not None or target.least_tail is not None:
            head, tail = _allowed(target, first)
            for probe, tables in ((2 * number, (head, tail)), (2 * number + 1, (tail, head))):
                here = slice(begin[probe], begin[probe] + len(head))
                right[here], left[here] = tables
    return right, left


def _allowed(target: Target, starts: I64) -> tuple[I64, I64]:
    """Edits that a read may have which holds the first m bases of a target and ends, and the last m and begins.

    One less than the pieces in them, -1 where they are too few bases: shape (length + 1,), each.
    """
    size = len(target.part)
    bases = np.arange(size + 1)
    first = np.searchsorted(starts + PIECE, bases, side="right") - 1
    last = np.searchsorted(np.sort(size - starts), bases, side="right") - 1
    tables = []
    for pieces, least in ((first, target.least_head), (last, target.least_tail)):
        table = np.minimum(pieces, target.edits)
        table[: size if least is None else least] = -1
        table[size] = target.edits
        tables.append(table)
    return tables[0], tables[1]


def _array(values: Sequence[int]) -> I64:
    return np.array(values, dtype=np.int64)
