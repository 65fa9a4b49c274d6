"""Pieces of targets in reads, every stretch looked at, and which of their targets may not be refused."""

from __future__ import annotations

from collections.abc import Sequence

from tests.track.twins.word_filter import edits

Found = set[tuple[int, ...]]


def narrow(
    reads: Sequence[str],
    places: Sequence[tuple[int, int]],
    parts: Sequence[str],
    allowed: Sequence[int],
    length: int = 13,
) -> tuple[Found, Found]:
    """(read, base of the read, target, base of the target): of every piece of a target that a read holds; and those
    where the read has the target within its edits, joined there."""
    found: Found = set()
    within: Found = set()
    for number, read in enumerate(reads):
        for target, first in places:
            part = parts[target]
            for place in range(len(read) - length + 1):
                if read[place : place + length] == part[first : first + length]:
                    found.add((number, place, target, first))
                    beside = edits(part[:first][::-1], read[:place][::-1])
                    if beside + edits(part[first + length :], read[place + length :]) <= allowed[target]:
                        within.add((number, place, target, first))
    return found, within


def fill_slots(groups: Sequence[tuple[int, ...]], size: int) -> list[tuple[int, ...]]:
    """Which groups a hash table holds after they were entered: each once."""
    return sorted(groups) + [(0, 0, 0, 0)] * (size - len(groups))
