"""Naive twin of `clonotrack.track.kernels.word_filter`: edits beside an exact stretch, from the definition."""

from __future__ import annotations


def edits_beside(part: str, read: str) -> int:
    """Edit distance of all of `part` to the nearest prefix of `read`."""
    row = list(range(len(read) + 1))
    for i, base in enumerate(part, start=1):
        before, row = row, [i]
        for j, other in enumerate(read, start=1):
            row.append(min(before[j - 1] + (base != other), before[j] + 1, row[j - 1] + 1))
    return min(row)


def may_match(read, start, part, exact_start, exact_end, max_edits):
    """Whether `part` is within the edits of the read beside its stretch ``part[exact_start:exact_end]``."""
    left = edits_beside(part[:exact_start][::-1], read[: start + exact_start][::-1])
    return left + edits_beside(part[exact_end:], read[start + exact_end :]) <= max_edits
