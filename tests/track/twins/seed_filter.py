"""Naive twins of `clonotrack.track.kernels.seed_filter`: look at every stretch of every read."""

from __future__ import annotations

from collections.abc import Sequence

from tests.track.twins.word_filter import edits_beside

Found = set[tuple[int, ...]]


def find_seeds(reads, seeds, length=13):
    """(read, position, stretch) of every stretch of each read that is a seed."""
    return [
        (number, position, read[position : position + length])
        for number, read in enumerate(reads)
        for position in range(len(read) - length + 1)
        if read[position : position + length] in seeds
    ]


def find_candidates(
    reads: Sequence[str],
    seeds: Sequence[tuple[int, int]],
    parts: Sequence[str],
    allowed: Sequence[int],
    length: int = 13,
) -> tuple[Found, Found]:
    """(read, base of the read, target, base of the target) of every seed that a read contains; and of those at which
    the read matches the target within its edits.

    Args:
        reads: all reads.
        seeds: target and first base in it, of each seed.
        parts: of the targets.
        allowed: edits of the targets.
        length: of a seed.
    """
    found: Found = set()
    within: Found = set()
    for number, read in enumerate(reads):
        for target, first in seeds:
            part = parts[target]
            for position in range(len(read) - length + 1):
                if read[position : position + length] == part[first : first + length]:
                    found.add((number, position, target, first))
                    edits = edits_beside(part[:first][::-1], read[:position][::-1])
                    if edits + edits_beside(part[first + length :], read[position + length :]) <= allowed[target]:
                        within.add((number, position, target, first))
    return found, within


def fill_slots(seeds: Sequence[tuple[int, ...]], size: int) -> list[tuple[int, ...]]:
    """The rows of a hash table that contains each seed once."""
    return sorted(seeds) + [(0, 0, 0, 0)] * (size - len(seeds))
