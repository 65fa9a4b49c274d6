"""Counts that grow with every chunk of reads: which targets it holds, as what, with how many edits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.germline import Reference
from clonotrack.kernels.verify import DISTANCE, EVOLVED, KIND, SHARED, TARGET, verify
from clonotrack.sequence import I32, I64, U8
from clonotrack.track.places import index_of, piece_starts
from clonotrack.track.probes import probes_of
from clonotrack.track.targets import Target

KINDS = 5  # exact, mismatch, indel, evolved, ambiguous


class Tally:
    """What became of the reads that hold a piece of a target.

    Attributes:
        values: distinct values of all pieces, for the first filter.
        counts: shape (targets, `KINDS`, most edits + 1); fragments by target, kind and distance; evolved ones are
            counted by target and distance in `evolved`.
        shared: of these, those that a marker of another patient counts as well.
        evolved: fragments by (target, distance).
        hit: fragments that some target counts.
        ambiguous: fragments between two targets.
    """

    def __init__(self, targets: Sequence[Target], reference: Reference, subject_id: str | None) -> None:
        starts = piece_starts(targets, reference)
        self._index, self._probes = index_of(targets, starts), probes_of(targets, starts, subject_id)
        self.values: I64 = self._index.values
        shape = (len(targets), KINDS, int(self._probes.edits.max(initial=0)) + 1)
        self.counts: I64 = np.zeros(shape, dtype=np.int64)
        self.shared: I64 = np.zeros(shape, dtype=np.int64)
        self.hit = 0
        self.ambiguous = 0

    def add(self, text: U8, starts: I64, ends: I64, read: I32, place: I64, piece: I32, mates: int = 1) -> I64:
        """Count the fragments of one chunk; give back the events of `clonotrack.kernels.verify`.

        Args:
            text: ASCII of the chunk.
            starts: first base of each read, mates one after the other.
            ends: the base after its last.
            read: number of the read of each candidate.
            place: where in `text` its piece begins.
            piece: the value of the piece.
            mates: reads of a fragment.
        """
        events, hit, ambiguous = verify(text, starts, ends, read, place, piece, mates, self._index, self._probes)
        self.hit += hit
        self.ambiguous += ambiguous
        counted = events[events[:, KIND] != EVOLVED]
        places = tuple(counted[:, [TARGET, KIND, DISTANCE]].T)
        np.add.at(self.counts, places, 1)
        np.add.at(self.shared, places, counted[:, SHARED])
        return events
