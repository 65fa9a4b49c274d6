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
    """The targets that the fragments of a batch match, and the reads themselves.

    Attributes:
        rows: shape (matches, 8); columns as in `clonotrack.track.kernels.verify_hits`.
        hits: fragments that some target counts.
        ambiguous: fragments between two targets.
        text: ASCII of the reads.
        starts: first base of each read in `text`.
        ends: the base after its last.
    """

    rows: I64
    hits: int
    ambiguous: int
    text: U8
    starts: I64
    ends: I64


class TargetSearch:
    """Search reads for all targets of a tube. It holds no counts, so that several threads may use it."""

    def __init__(self, targets: Sequence[Target], reference: Reference, subject_id: str | None) -> None:
        """Build the index of all targets.

        Args:
            targets: from `clonotrack.track.stage.prepare_targets`.
            reference: germline segments, which decide the seeds.
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
        """Return the most edits of reads with only the first m, and only the last m bases of a target, by m.

        -1 if such a read is no hit.
        """
        origin, end = self._strands.offsets[2 * target : 2 * target + 2].tolist()
        rows = slice(origin + 2 * target, end + 2 * target + 1)
        return self._strands.prefix_edits[rows].tolist(), self._strands.suffix_edits[rows].tolist()


def _join_mates(mates: Sequence[tuple[ReadBatch, I64]]) -> tuple[U8, I64, I64, I64]:
    """Copy the mates with a candidate into one text.

    Args:
        mates: first and second mates, each with their candidates.

    Returns:
        Text, start and end of each read in it, and candidates. The first mate of fragment f is read 2 f, the second is
        read 2 f + 1. Mates without a candidate have no base.
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
