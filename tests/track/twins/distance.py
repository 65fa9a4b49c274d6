"""Naive twin of `clonotrack.track.kernels.distance`: the whole table of edit distances."""

from __future__ import annotations


def distance_table(part: str, read: str, *, anywhere: bool) -> list[list[int]]:
    """Edits between the first i bases of `part` and the first j of `read`, or any stretch that ends at j."""
    above = [0 if anywhere else j for j in range(len(read) + 1)]
    rows = [above]
    for i, base in enumerate(part, start=1):
        row = [i]
        for j, other in enumerate(read, start=1):
            row.append(min(above[j - 1] + (base != other), above[j] + 1, row[-1] + 1))
        rows.append(row)
        above = row
    return rows


def extend(read: str, target: str, limit: int) -> tuple[int, list[int]]:
    """Fewest edits from a common start to the end of the target; by edits, bases used when the read ends."""
    table = distance_table(target, read, anywhere=False)
    edits = min(*table[-1], limit + 1)
    used = [max((m for m, row in enumerate(table) if row[-1] <= e), default=-1) for e in range(limit + 1)]
    return edits, used


def prefix_distances(part: str, sequence: str) -> list[int]:
    """Fewest edits between the first m bases of `part` and any stretch of `sequence`, by m."""
    return [min(row) for row in distance_table(part, sequence, anywhere=True)]
