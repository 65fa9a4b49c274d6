"""Naive twin of `clonotrack.track.kernels.distance`."""

from __future__ import annotations

from tests.track.twins.extension import table


def edits_of_heads(part: str, whole: str) -> list[int]:
    """Fewest edits between each head of `part` and any stretch of `whole`."""
    return [min(row) for row in table(part, whole, anywhere=True)]
