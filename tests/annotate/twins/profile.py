"""Naive twin of `clonotrack.annotate.kernels.profile`."""

from __future__ import annotations


def count_profile(read: str, first: int, last: int, alleles: list[tuple[str, int]], place: int) -> list[int]:
    """Matches of each allele (sequence, origin) on ``read[first:last]``."""
    return [
        sum(
            read[i] == sequence[i - place + origin] != "N"
            for i in range(first, last)
            if 0 <= i - place + origin < len(sequence)
        )
        for sequence, origin in alleles
    ]
