"""Counts that grow with every chunk of reads: which targets it holds, as what, with how many edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from clonotrack.germline import Reference
from clonotrack.sequences import I64, U8, U64, decode
from clonotrack.track.count_umis import Tags
from clonotrack.track.kernels.seed_filter import END, VALUE, narrow, sieve_of
from clonotrack.track.kernels.verify_hits import (
    BEGIN,
    DISTANCE,
    EVOLVED,
    EXACT,
    FRAGMENT,
    INDEL,
    KIND,
    MISMATCH,
    PROBE,
    SHARED,
    SOURCE,
    TARGET,
    TIE,
    verify,
    vote,
)
from clonotrack.track.seed_index import index_of, piece_starts, probes_of
from clonotrack.track.targets import Target

CLASSES = {EXACT: "exact", MISMATCH: "mismatch", INDEL: "indel", EVOLVED: "evolved", TIE: "ambiguous"}
_KINDS, _DISTANCES = 8, 1 << 20  # more than there are, to make one number of three
_AT_ONCE = 10_000  # events that are counted together
FLANK = 400  # nt of an evolved read beside the target that its consensus tells


@dataclass(frozen=True, slots=True)
class Counted:
    """Fragments of one target, class and distance.

    Attributes:
        target: its number.
        match_class: as in HITS.
        distance: edits.
        reads: fragments.
        shared: of these, those that a marker of another patient counts as well.
        umis: distinct molecules by UMI; None without UMIs.
        sequence: consensus of evolved reads.
    """

    target: int
    match_class: str
    distance: int
    reads: int
    shared: int
    umis: int | None
    sequence: str | None


class Compared(NamedTuple):
    """What a chunk of reads is.

    Attributes:
        text: ASCII of the chunk.
        starts: first base of each read in it.
        ends: the base after its last.
        events: see `clonotrack.track.kernels.verify_hits`.
        hit: fragments that some target counts.
        ambiguous: fragments between two targets.
    """

    text: U8
    starts: I64
    ends: I64
    events: I64
    hit: int
    ambiguous: int


class Tally:
    """What became of the reads that hold a piece of a target.

    Attributes:
        hit: fragments that some target counts.
        ambiguous: fragments between two targets.
        tagged: the library has UMIs.
    """

    def __init__(self, targets: Sequence[Target], reference: Reference, subject_id: str | None) -> None:
        starts = piece_starts(targets, reference)
        self._index, self._probes = index_of(targets, starts), probes_of(targets, starts, subject_id)
        self._sizes = [len(target.part) for target in targets]
        self._waiting: list[I64] = []  # target, kind, distance and whether shared of events that are not counted yet
        self._reads: dict[tuple[int, int, int], I64] = {}  # fragments, and shared ones, by target, kind and distance
        self._votes: dict[tuple[int, int], I64] = {}
        self._tags: Tags | None = None
        self._sieve = sieve_of(self._index.slots[self._index.slots[:, END] > 0, VALUE].astype(np.int64))
        self.tagged = False
        self.hit = 0
        self.ambiguous = 0

    def narrow(self, text: U8, starts: I64, ends: I64) -> I64:
        """What each read of a text may hold: see `clonotrack.track.kernels.seed_filter`."""
        return narrow(text, starts, ends, self._sieve, self._index)

    def compare(self, text: U8, starts: I64, ends: I64, left: I64, mates: int) -> Compared:
        """Compare the reads of one chunk with the targets; changes nothing, so that several threads may do it.

        Args:
            text: ASCII of the chunk.
            starts: first base of each read in it, mates one after the other.
            ends: the base after its last.
            left: what they may hold.
            mates: reads of a fragment.
        """
        return Compared(
            *(text, starts, ends),
            *verify(text, starts, ends, left, mates, self._index.places, self._probes),
        )

    def count(self, compared: Compared, umis: U64 | None = None, umi_length: int = 0) -> None:
        """Count the fragments of one chunk.

        Args:
            compared: from `compare`.
            umis: UMI of each fragment, two bits a base; None where the library has none.
            umi_length: bases of a UMI.
        """
        events = compared.events
        self.tagged |= umis is not None
        self.hit += compared.hit
        self.ambiguous += compared.ambiguous
        if not len(events):
            return
        self._waiting.append(events[:, [TARGET, KIND, DISTANCE, SHARED]])
        if sum(map(len, self._waiting)) > _AT_ONCE:
            self._add_up()
        if umis is not None:
            tags = self._tags = self._tags or Tags()
            tags.add(events[:, [TARGET, KIND, DISTANCE]], umis[events[:, FRAGMENT]], umi_length)
        self._vote(compared.text, compared.starts, compared.ends, events[events[:, KIND] == EVOLVED])

    def _add_up(self) -> None:
        """Count the events that wait."""
        events = np.concatenate(self._waiting)
        self._waiting.clear()
        packed = (events[:, 0] * _KINDS + events[:, 1]) * _DISTANCES + events[:, 2]
        keys, at, reads = np.unique(packed, return_inverse=True, return_counts=True)
        shared = np.bincount(at, events[:, 3], minlength=len(keys))
        for key, row in zip(keys.tolist(), np.column_stack([reads, shared]), strict=True):
            what = (key // _DISTANCES // _KINDS, key // _DISTANCES % _KINDS, key % _DISTANCES)
            self._reads[what] = self._reads.get(what, 0) + row.astype(np.int64)

    def cut_edits(self, target: int) -> tuple[list[int], list[int]]:
        """Edits of a read that ends after the first m bases of a target, and of one that begins m bases before its end.

        By m; -1 where such a read is no hit.
        """
        start = int(self._probes.offsets[2 * target]) + 2 * target
        places = slice(start, start + self._sizes[target] + 1)
        return self._probes.cut_right[places].tolist(), self._probes.cut_left[places].tolist()

    def _vote(self, text: U8, starts: I64, ends: I64, events: I64) -> None:
        """Lay evolved reads along their target."""
        for target, distance in {tuple(key) for key in events[:, [TARGET, DISTANCE]].tolist()}:
            size = self._sizes[target]
            votes = self._votes.setdefault((target, distance), np.zeros((size + 2 * FLANK, 4), dtype=np.int64))
            some = events[(events[:, TARGET] == target) & (events[:, DISTANCE] == distance)]
            read, begin, turned = some[:, SOURCE], some[:, BEGIN].copy(), some[:, PROBE] & 1
            vote(text, starts[read], ends[read], begin, turned, size, FLANK, votes)

    def rows(self) -> Iterator[Counted]:
        """What was counted, by target, class and distance."""
        if self._waiting:
            self._add_up()
        umis = self._tags.molecules() if self._tags else {}
        for key in sorted(self._reads):
            (target, kind, distance), (reads, shared) = key, self._reads[key].tolist()
            sequence = _consensus(self._votes[target, distance]) if kind == EVOLVED else None
            yield Counted(target, CLASSES[kind], distance, reads, shared, umis.get(key), sequence)


def _consensus(votes: I64) -> str:
    """The base that most reads have, where at least half as many reads as anywhere have one."""
    depth = votes.sum(axis=1)
    (deep,) = np.nonzero(2 * depth >= depth.max())
    return decode(votes[deep[0] : deep[-1] + 1].argmax(axis=1).astype(np.uint8))
