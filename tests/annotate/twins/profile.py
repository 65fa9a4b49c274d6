"""Provide a naive twin of `clonotrack.annotate.kernels.profile`."""

from __future__ import annotations


def count_profile(read: str, first: int, last: int, alleles: list[tuple[str, int]], position: int) -> list[int]:
    """Count the matches of each allele (sequence, origin) with ``read[first:last]``."""
    return [
        sum(
            read[i] == sequence[i - position + origin] != "N"
            for i in range(first, last)
            if 0 <= i - position + origin < len(sequence)
        )
        for sequence, origin in alleles
    ]
