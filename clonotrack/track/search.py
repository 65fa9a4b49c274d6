"""Search batches of reads for targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clonotrack.germline import Reference
from clonotrack.kernels.swar import copy_rows
from clonotrack.sequences import I64, U8, offsets_of
from clonotrack.track.kernels.seed_filter import (
    CANDIDATE_ENTRY,
    CANDIDATE_POSITION,
    CANDIDATE_READ,
    END_ROW,
    VALUE,
    build_seed_filter,
    find_candidates,
)
from clonotrack.track.kernels.verify_hits import verify_hits
from clonotrack.track.seed_index import build_index, build_strands, choose_target_seeds
from clonotrack.track.targets import Target

if TYPE_CHECKING:
    from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch


class Matches(NamedTuple):
    """The targets that the fragments of a batch match, and the text of the reads.

    Attributes:
        rows: one row for each fragment and each target that counts it, shape (matches, 8); the columns are named in
            `clonotrack.track.kernels.verify_hits`.
        hits: number of fragments that are hits of at least one target.
        ambiguous: number of fragments that are equally near to two targets.
        text: ASCII bytes that contain the reads.
        starts: position in `text` of the first base of each read, shape (reads,).
        ends: position in `text` after the last base of each read, shape (reads,).
    """

    rows: I64
    hits: int
    ambiguous: int
    text: U8
    starts: I64
    ends: I64


class TargetSearch:
    """Searches reads for all targets of a tube.

    A search does not change this object, so several threads can use it at the same time.
    """

    def __init__(self, targets: Sequence[Target], reference: Reference, subject_id: str | None) -> None:
        """Build the index of all targets.

        Args:
            targets: targets from `clonotrack.track.stage.prepare_targets`.
            reference: germline segments; seeds that few segments contain are preferred.
            subject_id: patient of the sample; None for a control sample.
        """
        seed_starts = choose_target_seeds(targets, reference)
        self._index = build_index(targets, seed_starts)
        self._strands = build_strands(targets, seed_starts, subject_id)
        occupied = self._index.slots[:, END_ROW] > 0
        self._seed_filter = build_seed_filter(self._index.slots[occupied, VALUE].astype(np.int64))

    def find(self, batch: FragmentBatch) -> Matches:
        """Find the targets that the fragments of a batch match."""
        if batch.mates is None:
            reads = batch.reads
            return self._verify(reads.text, reads.starts, reads.ends, self._candidates(reads), 1)
        pairs = [(mates, self._candidates(mates)) for mates in (batch.reads, batch.mates)]
        return self._verify(*_join_mates(pairs), 2)

    def _candidates(self, reads: ReadBatch) -> I64:
        return find_candidates(reads.text, reads.starts, reads.ends, self._seed_filter, self._index)

    def _verify(self, text: U8, starts: I64, ends: I64, candidates: I64, mates: int) -> Matches:
        found = verify_hits(text, starts, ends, candidates, mates, self._index.entries, self._strands)
        return Matches(*found, text, starts, ends)

    def edits_of_cut_reads(self, target: int) -> tuple[list[int], list[int]]:
        """Return the allowed edits of reads that contain only the beginning, or only the end, of a target.

        Args:
            target: number of the target.

        Returns:
            Two lists of length + 1 elements. Element m of the first is for reads with the first m bases of the target
            only, element m of the second for reads with the last m bases only. -1 means that such a read is no hit.
        """
        origin, end = self._strands.offsets[2 * target : 2 * target + 2].tolist()
        rows = slice(origin + 2 * target, end + 2 * target + 1)
        return self._strands.prefix_edits[rows].tolist(), self._strands.suffix_edits[rows].tolist()


def _join_mates(mates: Sequence[tuple[ReadBatch, I64]]) -> tuple[U8, I64, I64, I64]:
    """Copy the mates with a candidate target into one text.

    The first mate of fragment f becomes read 2 f, the second becomes read 2 f + 1. A mate without candidate gets 0 nt.

    Args:
        mates: the first mates with their candidates, then the second mates with their candidates.

    Returns:
        Text; position in the text of the first base of each read; position after the last base of each read;
        candidates of all reads, by rising read.
    """
    n_reads = 2 * len(mates[0][0])
    starts, ends = np.zeros((2, n_reads), dtype=np.int64)
    texts, joined, used = [], [], 0
    for number, (reads, candidates) in enumerate(mates):
        rows = np.unique(candidates[:, CANDIDATE_READ])
        offsets = offsets_of(reads.lengths[rows])
        texts.append(copy_rows(reads.text, reads.starts[rows], offsets, 0))
        starts[2 * rows + number], ends[2 * rows + number] = used + offsets[:-1], used + offsets[1:]
        used += len(texts[-1])
        read = 2 * candidates[:, CANDIDATE_READ] + number
        position = candidates[:, CANDIDATE_POSITION] - reads.starts[candidates[:, CANDIDATE_READ]] + starts[read]
        joined.append(np.column_stack([read, position, candidates[:, CANDIDATE_ENTRY]]))
    all_candidates = np.concatenate(joined)
    order = np.argsort(all_candidates[:, CANDIDATE_READ], kind="stable")
    return np.concatenate(texts), starts, ends, all_candidates[order]
