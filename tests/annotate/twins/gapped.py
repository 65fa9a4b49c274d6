"""Provide naive twins of `clonotrack.annotate.kernels.gapped`; each cell keeps its path."""

from __future__ import annotations

from functools import cache
from math import inf

from clonotrack.annotate.kernels.gapped import DELETION, GAP_EXTEND, GAP_OPEN, INSERTION, MATCH
from tests.annotate.twins.cigar import Column, operations
from tests.annotate.twins.ungapped import base_score


def best_score(read: str, germline: str) -> float:
    """Return the highest score of any local alignment."""

    @cache
    def ending(i: int, j: int, state: int) -> float:
        """Return the best score of an alignment that ends at allele base i, read base j (1-based) and this kind."""
        if i == 0 or j == 0:
            return -inf
        before = {MATCH: (i - 1, j - 1), DELETION: (i - 1, j), INSERTION: (i, j - 1)}[state]
        anything = max(ending(*before, other) for other in (MATCH, DELETION, INSERTION))
        if state == MATCH:
            return base_score(read[j - 1], germline[i - 1], 1) + max(0, anything)
        return max(anything - GAP_OPEN - GAP_EXTEND, ending(*before, state) - GAP_EXTEND)

    cells = [(i, j) for i in range(1, len(germline) + 1) for j in range(1, len(read) + 1)]
    return max([0, *(ending(i, j, MATCH) for i, j in cells)])


def score_of(
    operations: list[tuple[int, int]], read: str, read_start: int, germline: str, germline_start: int
) -> float:
    """Return the score of an alignment given as operations."""
    score, i, j = 0.0, germline_start, read_start
    for kind, length in operations:
        if kind == MATCH:
            score += sum(base_score(read[j + k], germline[i + k], 1) for k in range(length))
        else:
            score -= GAP_OPEN + GAP_EXTEND * length
        i += length if kind != INSERTION else 0
        j += length if kind != DELETION else 0
    assert j <= len(read)
    assert i <= len(germline)
    return score


Path = tuple[float, tuple[Column, ...]]


def align_banded(
    read: str, read_start: int, read_end: int, germline: str, shift: int, band: int
) -> tuple[float, list[tuple[int, int]], int, int]:
    """Return score, operations and start of the best local alignment in a band.

    Each cell keeps its best path as columns, and the best paths that end in a deletion and in an insertion. Of equal
    scores, the first cell along the allele is chosen.
    """
    nothing: Path = (0, ())
    never: Path = (-inf, ())
    cells: dict[tuple[int, int], tuple[Path, Path, Path]] = {}
    best = nothing
    for g in range(len(germline)):
        for i in range(max(read_start, g + shift - band), min(read_end, g + shift + band + 1)):
            above, left = (cells.get(at, (nothing, never, never)) for at in ((g - 1, i), (g, i - 1)))
            diagonal = cells.get((g - 1, i - 1), (nothing,))[0]
            deletion = max(extended(above[0], GAP_OPEN, None, g), extended(above[1], 0, None, g), key=score_first)
            insertion = max(extended(left[0], GAP_OPEN, i, None), extended(left[2], 0, i, None), key=score_first)
            match = (diagonal[0] + base_score(read[i], germline[g], 1), (*diagonal[1], (i, g)))
            here = max(nothing, match, deletion, insertion, key=score_first)
            cells[g, i] = here, deletion, insertion
            best = max(best, here, key=score_first)
    if best is nothing:
        return 0, [], -1, -1
    read_first, germline_first = best[1][0]
    assert read_first is not None
    assert germline_first is not None
    return best[0], operations(list(best[1])), read_first, germline_first


def extended(path: Path, opening: float, i: int | None, g: int | None) -> Path:
    """Add one base of a gap to a path."""
    return path[0] - opening - GAP_EXTEND, (*path[1], (i, g))


def score_first(path: Path) -> float:
    return path[0]
