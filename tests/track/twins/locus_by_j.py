"""Naive twin of `clonotrack.track.kernels.locus_by_j`: the locus of a read from the definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonotrack.sequences import reverse_complement
from clonotrack.track.kernels.locus_by_j import MIN_COVERED, MIN_RUN, K


def covered_bases(read: str, segments: Sequence[str]) -> int:
    """Bases in stretches of at least MIN_RUN nt in which every k-mer occurs in a segment."""
    kmers = {s[i : i + K] for s in segments for i in range(len(s) - K + 1)}
    known = [read[i : i + K] in kmers for i in range(len(read) - K + 1)]
    total = run = 0
    for here in [*known, False]:
        if here:
            run += 1
            continue
        if run and run + K - 1 >= MIN_RUN:
            total += run + K - 1
        run = 0
    return total


def best_locus(read: str, segments: Mapping[str, Sequence[str]]) -> str | None:
    """The locus with the most bases covered on one strand; None if too few are or two loci are equal."""
    strands = (read, reverse_complement(read))
    covered = {locus: max(covered_bases(strand, names) for strand in strands) for locus, names in segments.items()}
    most = max(covered.values())
    best = [locus for locus, count in covered.items() if count == most]
    return best[0] if most >= MIN_COVERED and len(best) == 1 else None


def loci_by_j(reads: Sequence[str], segments: Mapping[str, Sequence[str]]) -> list[str | None]:
    """The locus of each read."""
    return [best_locus(read, segments) for read in reads]
