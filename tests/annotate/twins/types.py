"""Represent the alleles of one kind (`clonotrack.annotate.kernels.types.Segments`) as strings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from clonotrack.annotate.kernels.types import Segments


@dataclass(frozen=True)
class Allele:
    """An allele and its number; its unknown bases are X, which equals no base of a read."""

    number: int
    group: int
    sequence: str
    origin: int
    anchor: int
    order: int


def alleles(segments: Segments) -> list[Allele]:
    groups = [g for g, group in enumerate(segments.groups) for _ in range(group["first"], group["end"])]
    letters = ["".join("ACGT?X"[code] for code in segments.codes[a:b]) for a, b in pairwise(segments.offsets.tolist())]
    numbers = (segments.origin.tolist(), segments.alleles["anchor"].tolist(), segments.alleles["order"].tolist())
    return [Allele(*row) for row in zip(range(len(groups)), groups, letters, *numbers, strict=True)]


def votable(segments: Segments) -> list[list[tuple[str, int]]]:
    """Return sequence and origin of the alleles of each group, as the twins of the seeds take them."""
    found = alleles(segments)
    groups = range(len(segments.groups))
    return [[(a.sequence.replace("X", "N"), a.origin) for a in found if a.group == group] for group in groups]
