"""Naive twin of `clonotrack.kernels.hashing`."""

from __future__ import annotations


def add_hashes(hashes: list[int], before: set[int]) -> list[bool]:
    """Report which hashes the set `before` contains, and add them to it one by one."""
    contained = []
    for value in hashes:
        contained.append(value in before)
        before.add(value)
    return contained
