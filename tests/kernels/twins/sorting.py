"""Naive twin of clonotrack.kernels.arrays: Python's own sort, which is stable."""

from __future__ import annotations

from collections.abc import Sequence


def stable_order(keys: Sequence[int]) -> list[int]:
    return sorted(range(len(keys)), key=keys.__getitem__)
