"""Naive twin of `clonotrack.track.kernels.locus_by_j`: the locus of a read, from the definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.locus_by_j import COVERED, PIECE, K


def covered(read: str, segments: Sequence[str]) -> int:
    """Bases in stretches of at least PIECE nt in which every K nt occur in a segment."""
    words = {s[i : i + K] for s in segments for i in range(len(s) - K + 1)}
    known = [read[i : i + K] in words for i in range(len(read) - K + 1)]
    total = run = 0
    for here in [*known, False]:
        if here:
            run += 1
            continue
        if run and run + K - 1 >= PIECE:
            total += run + K - 1
        run = 0
    return total


def locus_of(read: str, segments: Mapping[str, Sequence[str]]) -> str | None:
    """The locus with the most bases covered on one strand; None where too few are or two loci are equal."""
    strands = (read, reverse_complement(read))
    score = {locus: max(covered(strand, names) for strand in strands) for locus, names in segments.items()}
    most = max(score.values())
    first = [locus for locus, bases in score.items() if bases == most]
    return first[0] if most >= COVERED and len(first) == 1 else None


def loci(reads: Sequence[str], segments: Mapping[str, Sequence[str]]) -> list[str | None]:
    """The locus of each read."""
    return [locus_of(read, segments) for read in reads]
