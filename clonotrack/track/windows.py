"""Which stretch of a control is looked for, where its table does not say what is specific of it."""

from __future__ import annotations

from dataclasses import dataclass

from clonotrack.germline import Reference
from clonotrack.sequence import reverse_complement

WINDOW = 40  # nt
WORD = 12  # nt of an exact match with germline


@dataclass(frozen=True, slots=True)
class Germline:
    """The words of `WORD` nt that the V and J segments of a reference hold, on both strands."""

    words: frozenset[str]

    @classmethod
    def of(cls, reference: Reference) -> Germline:
        """The words of every V and J, Kde and intron included."""
        sequences = {segment.sequence for segment in reference.segments if segment.kind != "D"}
        forward = {s[i : i + WORD] for s in sequences for i in range(len(s) - WORD + 1)}
        return cls(frozenset(forward | {reverse_complement(word) for word in forward}))

    def window(self, sequence: str) -> tuple[int, int] | None:
        """Bounds, 0-based half-open, of what is looked for in a control; None where all of it is germline.

        METHOD: a calibrator may share its whole V and J with real rearrangements, and a read need not hold all of
        it. So the window of 40 nt with the fewest germline words is taken, the one in the middle of the first run
        of such windows: centred on the junction of a rearrangement, on the middle of any other sequence. The
        definition is ours; no published one was found.
        """
        width = min(WINDOW, len(sequence))
        known = [sequence[i : i + WORD] in self.words for i in range(len(sequence) - WORD + 1)]
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
