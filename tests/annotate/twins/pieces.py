"""Naive twin of `clonotrack.annotate.kernels.cigar`: an alignment as a list of columns (read base, germline base)."""

from __future__ import annotations

from itertools import groupby
from math import log

from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH

Column = tuple[int | None, int | None]


def columns(pieces: list[tuple[int, int]], read_start: int, germline_start: int) -> list[Column]:
    """Positions beside each other; None where there is a gap."""
    i, g = read_start, germline_start
    laid: list[Column] = []
    for kind, length in pieces:
        for _ in range(length):
            laid.append((None if kind == DELETION else i, None if kind == INSERTION else g))
            i += kind != DELETION
            g += kind != INSERTION
    return laid


def pieces(laid: list[Column]) -> list[tuple[int, int]]:
    """Kind and length of each piece: `columns` the other way round."""
    kinds = [DELETION if i is None else INSERTION if g is None else MATCH for i, g in laid]
    return [(kind, len(list(run))) for kind, run in groupby(kinds)]


def mismatch_cost(matches: int, mismatches: int) -> float:
    """Log odds of a mismatch over those of a match, 1 to 4, at the rate of an alignment."""
    rate = min(0.25, (mismatches + 0.5) / (matches + mismatches + 1))
    return max(1.0, min(4.0, -log(4 * rate / 3) / log(4 * (1 - rate))))


def spans(laid: list[Column]) -> tuple[int, int]:
    return sum(i is not None for i, _ in laid), sum(g is not None for _, g in laid)


def place_on_read(laid: list[Column], position: int) -> int:
    return next((-1 if i is None else i for i, g in laid if g == position), -1)


def count(laid: list[Column], read: str, germline: str) -> tuple[int, int]:
    both = [(read[i], germline[g]) for i, g in laid if i is not None and g is not None]
    return sum(a == b for a, b in both), sum(a not in (b, "N") for a, b in both)


def share_overlap(
    read: str,
    v: str,
    v_end: int,
    v_germline_end: int,
    v_most: int,
    j: str,
    j_start: int,
    j_germline_start: int,
    j_most: int,
) -> tuple[int, int]:
    """Bases that leave the V and the J, by trying every cut."""
    shared = v_end - j_start
    claimed = read[j_start:v_end]
    of_v = v[v_germline_end - shared : v_germline_end]
    of_j = j[j_germline_start : j_germline_start + shared]

    def matches(keep: int) -> int:
        by_v = sum(a == b for a, b in zip(claimed[:keep], of_v[:keep], strict=True))
        return by_v + sum(a == b for a, b in zip(claimed[keep:], of_j[keep:], strict=True))

    cuts = [keep for keep in range(shared + 1) if shared - keep <= v_most and keep <= j_most]
    keep = max(cuts, key=lambda cut: (matches(cut), cut), default=shared)
    from_v, from_j = shared - keep, keep
    while from_v < v_most and read[v_end - from_v - 1] != v[v_germline_end - from_v - 1]:
        from_v += 1
    while from_j < j_most and read[j_start + from_j] != j[j_germline_start + from_j]:
        from_j += 1
    return from_v, from_j
