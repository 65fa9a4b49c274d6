"""Naive twin of `clonotrack.kernels.scan`: every target at every place of every read, both strands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from clonotrack.sequence import reverse_complement
from tests.reference.credit import credit
from tests.reference.mismatches import least_mismatches
from tests.reference.runs import locus_of


def scan(
    reads: Sequence[str],
    targets: Sequence[str],
    edits: Sequence[int],
    group: Sequence[int],
    j_segments: Mapping[str, Sequence[str]],
) -> tuple[Counter[tuple[int, int, int]], list[int], list[str | None]]:
    """Reads by (target, class, distance), the outcome of each read, and its locus."""
    counts: Counter[tuple[int, int, int]] = Counter()
    outcomes = []
    for read in reads:
        outcome, counted = credit(near(read, targets, edits), list(group))
        outcomes.append(outcome)
        counts.update(counted)
    return counts, outcomes, [locus_of(read, j_segments) for read in reads]


def near(read: str, targets: Sequence[str], edits: Sequence[int]) -> dict[int, int]:
    """Targets that the read holds within their edits, with the distance."""
    found = {}
    for number, (target, most) in enumerate(zip(targets, edits, strict=True)):
        strands = (target, reverse_complement(target))
        distance = min((d for s in strands if (d := least_mismatches(s, read)) is not None), default=most + 1)
        if distance <= most:
            found[number] = distance
    return found
