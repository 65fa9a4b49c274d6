"""Naive twin of `clonotrack.kernels.arrays`."""

from __future__ import annotations


def mismatches(left: str, right: str) -> int:
    return sum(a != b or a == "N" for a, b in zip(left, right, strict=True))


def least_mismatches(part: str, whole: str) -> int | None:
    places = [whole[i : i + len(part)] for i in range(len(whole) - len(part) + 1)]
    return min((mismatches(place, part) for place in places), default=None)
