"""Naive twin of `clonotrack.kernels.scan`: every target at every place of every read, both strands."""

from __future__ import annotations

from collections.abc import Sequence

from clonotrack.sequence import reverse_complement
from tests.reference.mismatches import least_mismatches


def near(read: str, targets: Sequence[str], edits: Sequence[int]) -> dict[int, int]:
    """Targets that the read holds within their edits, with the distance."""
    found = {}
    for number, (target, most) in enumerate(zip(targets, edits, strict=True)):
        strands = (target, reverse_complement(target))
        distance = min((d for s in strands if (d := least_mismatches(s, read)) is not None), default=most + 1)
        if distance <= most:
            found[number] = distance
    return found
