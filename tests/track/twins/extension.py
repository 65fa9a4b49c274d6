"""Naive twin of `clonotrack.track.kernels.distance`: the whole table of edit distances."""

from __future__ import annotations


def table(part: str, read: str, *, anywhere: bool) -> list[list[int]]:
    """Edits between the first i bases of `part` and the first j of `read`, or any stretch that ends there."""
    above = [0 if anywhere else j for j in range(len(read) + 1)]
    rows = [above]
    for i, base in enumerate(part, start=1):
        row = [i]
        for j, seen in enumerate(read, start=1):
            row.append(min(above[j - 1] + (base != seen), above[j] + 1, row[-1] + 1))
        rows.append(row)
        above = row
    return rows


def extend(read: str, target: str, limit: int) -> tuple[int, list[int]]:
    """Fewest edits from a common start to the end of the target; bases used up when the read ends, by edits."""
    edits = table(target, read, anywhere=False)
    complete = min(*edits[-1], limit + 1)
    cut = [max((m for m, row in enumerate(edits) if row[-1] <= e), default=-1) for e in range(limit + 1)]
    return complete, cut
