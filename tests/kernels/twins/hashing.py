"""Naive twin of `clonotrack.kernels.hashing`."""

from __future__ import annotations


def admit(hashes: list[int], before: set[int]) -> list[bool]:
    """Whether each was there before; `before` has them all afterwards."""
    known = []
    for one in hashes:
        known.append(one in before)
        before.add(one)
    return known
