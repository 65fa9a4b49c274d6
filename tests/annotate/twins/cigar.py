"""Provide naive twins of `clonotrack.annotate.kernels.cigar`; a column is (read base, allele base)."""

from __future__ import annotations

from itertools import groupby
from math import log

from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH

Column = tuple[int | None, int | None]


def columns(operations: list[tuple[int, int]], read_start: int, germline_start: int) -> list[Column]:
    """Convert operations to columns; None is a gap."""
    i, g = read_start, germline_start
    alignment: list[Column] = []
    for kind, length in operations:
        for _ in range(length):
            alignment.append((None if kind == DELETION else i, None if kind == INSERTION else g))
            i += kind != DELETION
            g += kind != INSERTION
    return alignment


def operations(alignment: list[Column]) -> list[tuple[int, int]]:
    """Convert columns to operations (kind, length)."""
    kinds = [DELETION if i is None else INSERTION if g is None else MATCH for i, g in alignment]
    return [(kind, len(list(run))) for kind, run in groupby(kinds)]


def mismatch_cost(matches: int, mismatches: int) -> float:
    """Return the ratio of the log odds of mismatch and match at an alignment's substitution rate, 1 to 4."""
    rate = min(0.25, (mismatches + 0.5) / (matches + mismatches + 1))
    return max(1.0, min(4.0, -log(4 * rate / 3) / log(4 * (1 - rate))))


def spans(alignment: list[Column]) -> tuple[int, int]:
    return sum(i is not None for i, _ in alignment), sum(g is not None for _, g in alignment)


def position_on_read(alignment: list[Column], position: int) -> int:
    return next((-1 if i is None else i for i, g in alignment if g == position), -1)


def count(alignment: list[Column], read: str, germline: str) -> tuple[int, int]:
    both = [(read[i], germline[g]) for i, g in alignment if i is not None and g is not None]
    return sum(a == b for a, b in both), sum(a not in (b, "N") for a, b in both)


def divide_overlap(
    read: str,
    v: str,
    v_end: int,
    v_germline_end: int,
    v_removable: int,
    j: str,
    j_start: int,
    j_germline_start: int,
    j_removable: int,
) -> tuple[int, int]:
    """Return the numbers of bases to remove from V and J; every cut is tried."""
    shared = v_end - j_start
    claimed = read[j_start:v_end]
    of_v = v[v_germline_end - shared : v_germline_end]
    of_j = j[j_germline_start : j_germline_start + shared]

    def matches(keep: int) -> int:
        by_v = sum(a == b for a, b in zip(claimed[:keep], of_v[:keep], strict=True))
        return by_v + sum(a == b for a, b in zip(claimed[keep:], of_j[keep:], strict=True))

    cuts = [keep for keep in range(shared + 1) if shared - keep <= v_removable and keep <= j_removable]
    keep = max(cuts, key=lambda cut: (matches(cut), cut), default=shared)
    from_v, from_j = shared - keep, keep
    while from_v < v_removable and read[v_end - from_v - 1] != v[v_germline_end - from_v - 1]:
        from_v += 1
    while from_j < j_removable and read[j_start + from_j] != j[j_germline_start + from_j]:
        from_j += 1
    return from_v, from_j
