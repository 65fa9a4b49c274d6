"""Naive twin of `clonotrack.track.kernels.verify_hits`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clonotrack.sequences import reverse_complement


def vote(
    reads: Sequence[str], begins: Sequence[int], turned: Sequence[bool], size: int, flank: int
) -> Counter[tuple[int, str]]:
    """Reads by column and base."""
    votes: Counter[tuple[int, str]] = Counter()
    for read, begin, turn in zip(reads, begins, turned, strict=True):
        forward = reverse_complement(read) if turn else read
        first = len(read) - begin - size if turn else begin
        votes.update((flank + i - first, base) for i, base in enumerate(forward) if base in "ACGT")
    return Counter({key: count for key, count in votes.items() if 0 <= key[0] < size + 2 * flank})
