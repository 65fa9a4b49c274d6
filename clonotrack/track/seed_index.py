"""Build the index that reads are searched with: the seeds of all targets, and both strands of every target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clonotrack.germline import Reference
from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.sequences import F64, I64, U64, Bool, Ragged, encode, reverse_complement
from clonotrack.track.kernels.assign import CONTROL, OWN
from clonotrack.track.kernels.choose_seeds import choose_seeds
from clonotrack.track.kernels.distance import I8, TargetStrands
from clonotrack.track.kernels.seed_filter import BASE_BITS, SeedIndex, fill_slots, seed_values
from clonotrack.track.kernels.word_filter import EMPTY_MASK, FLANK, MAX_EDITS, TARGETS_PER_ROW, WORD, word_masks
from clonotrack.track.targets import Target

_CACHE_LINE = 64  # bytes
_ROUNDS = 3  # repetitions of the choice of seeds
_COMPARISON_COST = 0.15  # cost of comparing a read with one target, relative to looking up a seed
_GERMLINE_COST = 1000.0  # cost of a seed that every V or J segment of a locus contains, on the same scale


def choose_target_seeds(targets: Sequence[Target], reference: Reference) -> list[I64]:
    """Choose the seeds of each target, one more than its allowed edits.

    METHOD: seeds are chosen so that reads are compared with few targets. If a read contains a seed, the seed is looked
    up and the read is compared with all targets that use the seed. The number of reads that contain a seed is estimated
    from the share of V or J segments that contain it. Targets that share a segment cost less if they use the same seed
    in the segment. So the choice is repeated `_ROUNDS` times, with costs that depend on how many targets chose each
    seed in the previous round. The seeds of a target of which cut reads count decide which cut reads are hits. These
    seeds are chosen by the segments only, so that other targets have no influence on them.

    Args:
        targets: all targets of the tube.
        reference: germline segments.

    Returns:
        For each target, the 0-based first base of each seed in the clone-specific part, rising.
    """
    if not targets:
        return []
    parts = Ragged.from_strings([target.part for target in targets])
    distinct, at, counts = np.unique(seed_values(parts.codes), return_inverse=True, return_counts=True)
    germline_seeds, costs = _germline_costs(reference)
    nearest = np.minimum(np.searchsorted(germline_seeds, distinct), max(len(germline_seeds) - 1, 0))
    germline = np.zeros(len(distinct))
    if len(germline_seeds):
        germline = np.where(germline_seeds[nearest] == distinct, costs[nearest], 0.0)
    independent = np.repeat([not target.counts_whole_only for target in targets], parts.lengths)
    edits = np.array([target.max_edits for target in targets], dtype=np.int64)
    origin = np.repeat(parts.offsets[:-1], edits + 1)
    taken = counts
    for _ in range(_ROUNDS):
        shared = (germline + counts) * (1 / (taken + 0.5) + _COMPARISON_COST)
        cost = np.zeros(len(parts.codes))
        cost[: len(at)] = np.where(independent[: len(at)], germline[at] + 1, shared[at])
        chosen = choose_seeds(cost, parts.offsets, edits, SEED_LENGTH)
        taken = np.bincount(at[origin + chosen], minlength=len(counts))
    return np.split(chosen, np.cumsum(edits + 1)[:-1])


def _germline_costs(reference: Reference) -> tuple[I64, F64]:
    """Compute the cost of each distinct subsequence of `SEED_LENGTH` nt in V and J segments.

    Returns:
        Values of the subsequences, sorted; cost of each, `_GERMLINE_COST` times the share of segments of the locus.
    """
    values, weights = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for kind in ("V", "J"):
        for locus in reference.loci:
            segments = [segment.sequence for segment in reference.select(kind, locus)]
            joined = seed_values(encode("".join(segments)))
            values.append(joined)
            weights.append(np.full(len(joined), _GERMLINE_COST / max(1, len(segments))))
    distinct, at = np.unique(np.concatenate(values), return_inverse=True)
    cost: F64 = np.bincount(at, np.concatenate(weights), minlength=len(distinct)).astype(np.float64)
    return distinct, cost


class _Seeds(NamedTuple):
    """The seeds of both strands of all targets, one element of each array per seed.

    Attributes:
        strand: number of the strand, 2 t for target t as it is and 2 t + 1 for its reverse complement.
        start: 0-based first base of the seed in the strand.
        exact_start: 0-based first base of the exact stretch around the seed.
        exact_end: position after the last base of the exact stretch.
        size: length of the strand [nt].
    """

    strand: I64
    start: I64
    exact_start: I64
    exact_end: I64
    size: I64


def build_index(targets: Sequence[Target], seed_starts: Sequence[I64]) -> SeedIndex:
    """Build the index of all seeds, with the flanking bases of each.

    Args:
        targets: all targets of the tube.
        seed_starts: first base of each seed of each target, from `choose_target_seeds`.
    """
    if not targets:
        return SeedIndex(
            *(
                np.zeros((1, columns), dtype=kind)
                for columns, kind in ((4, np.int32), (2 * TARGETS_PER_ROW, np.uint64), (6, np.int32))
            )
        )
    strands = _both_strands(targets)
    seeds = _seeds_of_strands(strands.lengths[::2], seed_starts)
    edits = np.array([t.max_edits if t.counts_whole_only else MAX_EDITS + 1 for t in targets], dtype=np.int64)
    edits = edits[seeds.strand >> 1]
    follows, bases, words = _flanks(strands, seeds, edits)
    origin = strands.offsets[seeds.strand]
    side = 2 * seed_values(strands.codes)[origin + seeds.start] + follows  # a row has one seed and one side of it
    order = np.argsort(side, kind="stable")
    sides, at, counts = np.unique(side[order], return_inverse=True, return_counts=True)
    n_rows = -(-counts // TARGETS_PER_ROW)
    end_row = np.cumsum(n_rows)
    entry = TARGETS_PER_ROW * (end_row - n_rows)[at] + np.arange(len(order)) - (np.cumsum(counts) - counts)[at]
    flanks = np.zeros((2, TARGETS_PER_ROW * int(n_rows.sum())), dtype=np.uint64)
    flanks[1] = EMPTY_MASK
    flanks[:, entry] = bases[order], word_masks(words, edits)[order]
    entries = np.zeros((flanks.shape[1], 6), dtype=np.int32)
    columns = [seeds.strand, seeds.start, seeds.exact_start, seeds.exact_end, origin, seeds.size]
    entries[entry] = np.column_stack(columns)[order]
    values, first = np.unique(sides >> 1, return_index=True)
    first_row, preceding = (end_row - n_rows)[first], np.add.reduceat(np.where(sides & 1, 0, n_rows), first)
    rows = [values, first_row, first_row + preceding, first_row + np.add.reduceat(n_rows, first)]
    slots = np.zeros((1 << max(4, int(1.5 * len(values)).bit_length()), 4), dtype=np.int32)
    fill_slots(np.column_stack(rows).astype(np.int32), slots)
    return SeedIndex(slots, _aligned_rows(flanks), entries)


def _both_strands(targets: Sequence[Target]) -> Ragged:
    return Ragged.from_strings([s for t in targets for s in (t.part, reverse_complement(t.part))])


def _aligned_rows(flanks: U64) -> U64:
    """Arrange flanks and masks in rows of `TARGETS_PER_ROW` targets, each row in one cache line.

    A row that crossed the border of two cache lines would take twice the memory accesses.
    """
    table = flanks.reshape(2, -1, TARGETS_PER_ROW).transpose(1, 0, 2).reshape(-1, 2 * TARGETS_PER_ROW)
    room = np.empty(table.size + 2 * TARGETS_PER_ROW, dtype=np.uint64)
    first = -room.ctypes.data % _CACHE_LINE // table.itemsize
    rows = room[first : first + table.size].reshape(table.shape)
    rows[:] = table
    return rows


def _seeds_of_strands(sizes: I64, seed_starts: Sequence[I64]) -> _Seeds:
    """List the seeds of both strands, each with its exact stretch.

    The exact stretch of a seed extends to the middle between this seed and the next seed on either side. A read is
    compared further only if it contains the whole exact stretch. So a seed that other sequences contain too, for
    example a seed in a V segment, seldom leads to a whole comparison.

    Args:
        sizes: length of the clone-specific part of each target [nt], shape (targets,).
        seed_starts: first base of each seed of each target, from `choose_target_seeds`.
    """
    start = np.concatenate(seed_starts)
    target = np.repeat(np.arange(len(seed_starts)), [len(starts) for starts in seed_starts])
    size = sizes[target]
    between = (start[1:] + start[:-1] + SEED_LENGTH) // 2
    same = target[1:] == target[:-1]
    exact_start = np.concatenate([[0], np.where(same, between, 0)])
    exact_end = np.append(np.where(same, between, size[:-1]), size[-1])
    return _Seeds(
        strand=np.concatenate([2 * target, 2 * target + 1]),
        start=np.concatenate([start, size - SEED_LENGTH - start]),
        exact_start=np.concatenate([exact_start, size - exact_end]),
        exact_end=np.concatenate([exact_end, size - exact_start]),
        size=np.concatenate([size, size]),
    )


def _flanks(strands: Ragged, seeds: _Seeds, edits: I64) -> tuple[Bool, U64, U64]:
    """Compute the flank of each seed: the bases beside the seed, on one side, that the word filter compares.

    Args:
        strands: both strands of all targets.
        seeds: seeds of both strands.
        edits: allowed edits of the target of each seed; more than `MAX_EDITS` if the target is never filtered.

    Returns:
        Whether the flank follows the seed (otherwise it precedes the seed); bases of the flank, two bits a base; bit
        mask of the words of the flank (3 nt each) that are compared.
    """
    low, high = np.where(edits > 0, (seeds.exact_start, seeds.exact_end), (seeds.start, seeds.start + SEED_LENGTH))
    follows = seeds.size - high > low
    begin = np.where(follows, seeds.start + SEED_LENGTH, seeds.start - FLANK)
    start, end = np.where(follows, high, 0), np.where(follows, seeds.size, low)
    bases, words = np.zeros((2, len(begin)), dtype=np.uint64)
    for i in range(FLANK):
        position = begin + i
        inside = (position >= 0) & (position < seeds.size)
        bits = BASE_BITS[strands.codes[(strands.offsets[seeds.strand] + position)[inside]]]
        bases[inside] |= bits.astype(np.uint64) << np.uint64(2 * i)
    for word in range(0, FLANK, WORD):
        tested = (edits <= MAX_EDITS) & (begin + word >= start) & (begin + word + WORD <= end)
        words[tested] |= np.uint64(1 << 2 * (word + WORD) - 1)
    return follows, bases, words


def build_strands(targets: Sequence[Target], seed_starts: Sequence[I64], subject_id: str | None) -> TargetStrands:
    """Build both strands of all targets, with the limits that decide which reads count for a target.

    Args:
        targets: all targets of the tube.
        seed_starts: first base of each seed of each target, from `choose_target_seeds`.
        subject_id: patient of the sample; None for a control sample.
    """
    strands = _both_strands(targets)
    prefix_edits, suffix_edits = _partial_edits(targets, seed_starts, strands.offsets)
    stems = [(t.stem_start, len(t.part)) if t.stem_start is not None else (0, 0) for t in targets]
    return TargetStrands(
        codes=strands.codes,
        offsets=strands.offsets,
        max_edits=_array([target.max_edits for target in targets]),
        prefix_edits=prefix_edits,
        suffix_edits=suffix_edits,
        owner=owners_of(targets, subject_id),
        evolved_min=_array([max(target.evolved_min, target.max_edits + 1) for target in targets]),
        evolved_max=_array([target.evolved_max for target in targets]),
        stem_start=_array([bound for start, _ in stems for bound in (start, 0)]),
        stem_end=_array([bound for start, end in stems for bound in (end, end - start)]),
        stem_max=_array([target.stem_max for target in targets]),
    )


def owners_of(targets: Sequence[Target], subject_id: str | None) -> I64:
    """Number the owner of each target as `clonotrack.track.kernels.assign` needs it, shape (targets,).

    Controls have the number `CONTROL`, markers of the patient `subject_id` the number `OWN`, and markers of every other
    patient a larger number of that patient.
    """
    numbers: dict[str | None, int] = {} if subject_id is None else {subject_id: OWN}
    others = OWN + 1 - len(numbers)
    owners = [
        CONTROL if target.kind == "control" else numbers.setdefault(target.subject_id, others + len(numbers))
        for target in targets
    ]
    return _array(owners)


def _partial_edits(targets: Sequence[Target], seed_starts: Sequence[I64], offsets: I64) -> tuple[I8, I8]:
    """Compute `prefix_edits` and `suffix_edits` of `TargetStrands` for all strands."""
    prefix, suffix = np.full((2, int(offsets[-1]) + 2 * len(targets)), -1, dtype=np.int8)
    begin = offsets[:-1] + np.arange(2 * len(targets))
    for table in (prefix, suffix):
        table[begin + np.diff(offsets)] = np.repeat([target.max_edits for target in targets], 2)
    for number, (target, starts) in enumerate(zip(targets, seed_starts, strict=True)):
        if target.min_prefix is not None or target.min_suffix is not None:
            first, last = _edits_of_cut_reads(target, starts)
            for strand, tables in ((2 * number, (first, last)), (2 * number + 1, (last, first))):
                rows = slice(begin[strand], begin[strand] + len(first))
                prefix[rows], suffix[rows] = tables
    return prefix, suffix


def _edits_of_cut_reads(target: Target, starts: I64) -> tuple[I64, I64]:
    """Compute the allowed edits of reads that contain only the beginning, or only the end, of a target.

    A read is allowed one edit fewer than there are seeds in the bases that it contains.

    Returns:
        Two arrays of shape (length + 1,). Element m of the first is for reads with the first m bases, element m of the
        second for reads with the last m bases. -1 means that such a read is no hit.
    """
    size = len(target.part)
    bases = np.arange(size + 1)
    in_first = np.searchsorted(starts + SEED_LENGTH, bases, side="right") - 1
    in_last = np.searchsorted(np.sort(size - starts), bases, side="right") - 1
    tables = []
    for seeds_less_one, least in ((in_first, target.min_prefix), (in_last, target.min_suffix)):
        table = np.minimum(seeds_less_one, target.max_edits)
        table[: size if least is None else least] = -1
        table[size] = target.max_edits
        tables.append(table)
    return tables[0], tables[1]


def _array(values: Sequence[int]) -> I64:
    return np.array(values, dtype=np.int64)
