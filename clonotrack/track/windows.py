"""Which stretch of a control is looked for, where its table does not say what is specific of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clonotrack.germline import Reference
from clonotrack.sequence import COMPLEMENT, I32, U8, Bool, N, Ragged, encode

WINDOW = 40  # nt
WORD = 12  # nt of an exact match with germline


_PLACES = 4 ** np.arange(WORD - 1, -1, -1, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Germline:
    """The words of `WORD` nt that the V and J segments of a reference hold, on both strands: numbers, sorted."""

    words: I32

    @classmethod
    def of(cls, reference: Reference) -> Germline:
        """The words of every V and J, Kde and intron included."""
        forward = encode("N".join({segment.sequence for segment in reference.segments if segment.kind != "D"}))
        both = np.concatenate([forward, [N], COMPLEMENT[forward[::-1]]])
        return cls(np.sort(_words(both)[np.convolve(both == N, np.ones(WORD), "valid") == 0]))

    def throughout(self, parts: Sequence[str]) -> Bool:
        """Which sequences, of at least `WORD` nt each, are germline in every word."""
        if not parts:
            return np.zeros(0, dtype=np.bool_)
        joined = Ragged.from_strings(parts)
        known = self._holds(joined.codes)
        first = joined.offsets[:-1]
        inside = np.arange(len(known)) + WORD <= np.repeat(joined.offsets[1:], joined.lengths)[: len(known)]
        germline: Bool = np.logical_and.reduceat(known | ~inside, first)
        return germline

    def _holds(self, codes: U8) -> Bool:
        """Whether each word of a sequence is one of them."""
        known: Bool = np.isin(_words(codes), self.words, kind="table")
        return known

    def window(self, sequence: str) -> tuple[int, int] | None:
        """Bounds, 0-based half-open, of what is looked for in a control; None where all of it is germline.

        METHOD: a calibrator may share its whole V and J with real rearrangements, and a read need not hold all of
        it. So the window of 40 nt with the fewest germline words is taken, the one in the middle of the first run
        of such windows: centred on the junction of a rearrangement, on the middle of any other sequence. The
        definition is ours; no published one was found.
        """
        width = min(WINDOW, len(sequence))
        known = self._holds(encode(sequence)).tolist()
        per_window = width - WORD + 1
        held = [sum(known[start : start + per_window]) for start in range(len(sequence) - width + 1)]
        fewest = min(held)
        if fewest == per_window:
            return None
        first = held.index(fewest)
        last = first
        while last + 1 < len(held) and held[last + 1] == fewest:
            last += 1
        middle = (first + last) // 2
        return middle, middle + width


def _words(codes: U8) -> I32:
    """The number of the word that begins at each base."""
    numbers: I32 = sliding_window_view(codes, WORD) @ _PLACES
    return numbers
