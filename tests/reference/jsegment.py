"""Naive twin of `clonotrack.kernels.jsegment.propose_places`."""

from __future__ import annotations

from clonotrack.kernels.jsegment import FARTHEST_J
from tests.reference.ungapped import count_matches


def rough_scores(
    read: str, earliest: int, groups: list[int], alleles: list[list[tuple[str, int]]]
) -> dict[tuple[int, int], int]:
    """Best 4 x matches - bases of any allele (sequence, origin) at each (group, place of the origin)."""
    best: dict[tuple[int, int], int] = {}
    for group, members in enumerate(alleles):
        for sequence, origin in members if groups[group] else []:
            for shift in range(earliest - len(sequence) + 1, min(len(read), earliest + FARTHEST_J)):
                first, last = max(0, earliest - shift), min(len(sequence), len(read) - shift)
                matches = count_matches(read[first + shift : last + shift], sequence[first:last])
                place = (group, shift + origin)
                best[place] = max(best.get(place, -1000), 4 * matches - (last - first))
    return best
