"""Compute how often V(D)J recombination makes a given sequence, substitutions allowed.

The sequence is a `window` of a rearrangement: it may begin and end in any of its parts (V, N1, D, N2, J). The sum over
all ways to make it goes from part to part. `prefix[i, m]` is the probability that the first i bases of the window end
exactly at the end of the part that was added last, with m substitutions. `total[m]` collects the windows that are
complete.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I64, U8

SEED_LENGTH = 13
"""Length of a tracking seed [nt]: of e + 1 seeds of a target, a read with e edits contains one unchanged."""


class TrimmedSegments(NamedTuple):
    """Germline segments of one kind, each extended by the bases that its hairpins may add.

    Attributes:
        codes: all segments, one after another.
        offsets: shape (n + 1,).
        weights: shape (n,); how often each is used; sums to 1.
        missing_5: shape (n, most missing bases + 1); probability of each number of missing bases at the 5' end.
        missing_3: likewise at the 3' end.
    """

    codes: U8
    offsets: I64
    weights: F64
    missing_5: F64
    missing_3: F64


class RecombinationModel(NamedTuple):
    """One system of rearrangements. If it has no D, `d` is empty and `n2` is not used.

    Attributes:
        v: segments at the 5' end (a D in a D-J rearrangement).
        d: segments in the middle.
        j: segments at the 3' end.
        n1: shape (most inserted bases + 1,); probability of each number of N bases after the first segment.
        n2: likewise before the last segment, if there is a D.
        bases: shape (4,); composition of the N bases.
    """

    v: TrimmedSegments
    d: TrimmedSegments
    j: TrimmedSegments
    n1: F64
    n2: F64
    bases: F64


def expected_occurrences(window: U8, model: RecombinationModel, max_mismatches: int) -> F64:
    """Compute the expected number of positions of a random rearrangement that match a window.

    METHOD: the model of Murugan 2012 (PNAS 109:16161) is summed over all ways of trimming and inserting, as in OLGA
    (Sethna 2019, Bioinformatics 35:2974). Differences: nucleotides instead of amino acids, substitutions allowed, and
    the window may begin and end in any part of the rearrangement.

    Args:
        window: codes, none unknown.
        model: how segments are used, trimmed and joined.
        max_mismatches: most substitutions.

    Returns:
        Shape (max_mismatches + 1,); element m is the number of positions with exactly m substitutions.
    """
    v, d, j = model.v, model.d, model.j
    total = np.zeros(max_mismatches + 1)
    prefix, after = (np.zeros((len(window) + 1, max_mismatches + 1)) for _ in range(2))
    chance = np.empty(max_mismatches + 1)
    whole = np.ones((len(v.weights), 1))  # no base is missing at the 5' end of a V, and nothing is before it
    sums = whole, np.cumsum(v.missing_3, axis=1)
    _add_segment(window, v.codes, v.offsets, v.weights, whole, v.missing_3, *sums, 1, after, prefix, total)
    _add_inserted(window, model.n1, _at_least(model.n1), model.bases, prefix, after, chance, total)
    if len(d.weights):
        prefix, after = after, np.zeros_like(prefix)
        sums = np.cumsum(d.missing_5, axis=1), np.cumsum(d.missing_3, axis=1)
        segments = d.codes, d.offsets, d.weights, d.missing_5, d.missing_3
        _add_segment(window, *segments, *sums, len(window), prefix, after, total)
        prefix, after = after, np.zeros_like(prefix)
        _add_inserted(window, model.n2, _at_least(model.n2), model.bases, prefix, after, chance, total)
    _add_j(window, j.codes, j.offsets, j.weights, j.missing_5, np.cumsum(j.missing_5, axis=1), after, total)
    return total


def _at_least(lengths: F64) -> F64:
    """Compute the probability of each number of bases or more from that of each number."""
    return np.ascontiguousarray(np.cumsum(lengths[::-1])[::-1])


@leaf
def _add_inserted(
    window: U8, lengths: F64, at_least: F64, bases: F64, prefix: F64, after: F64, chance: F64, total: F64
) -> None:
    """Add N bases after the prefixes, and windows that begin in N bases.

    Args:
        window: codes.
        lengths: probability of each number of N bases.
        at_least: probability of each number or more.
        bases: their composition.
        prefix: see the module.
        after: written: the new prefixes; all 0.
        chance: scratch, shape (max_mismatches + 1,).
        total: see the module.
    """
    size, most = len(window), len(total) - 1
    for start in range(size):
        for m in range(most + 1):
            chance[m] = 0.0  # of each number of substitutions
        chance[0] = 1.0
        for i in range(start, min(size, start + len(lengths)) + 1):
            if i > start:
                same = bases[window[i - 1]]
                for m in range(most, -1, -1):
                    chance[m] = chance[m] * same + (chance[m - 1] * (1.0 - same) if m else 0.0)
            n = i - start
            if n >= len(lengths):
                break
            for m in range(most + 1):
                before = prefix[start, m] if start else 0.0
                for k in range(most + 1 - m):
                    if i < size:
                        after[i, m + k] += before * lengths[n] * chance[k]
                    else:
                        total[m + k] += before * at_least[n] * chance[k]
            if start == 0 and 0 < n:
                for k in range(most + 1):
                    if i < size:
                        after[i, k] += at_least[n] * chance[k]
                    else:
                        rest = 0.0
                        for longer in range(n, len(lengths)):
                            rest += at_least[longer]
                        total[k] += chance[k] * rest


@leaf
def _add_segment(
    window: U8,
    codes: U8,
    offsets: I64,
    weights: F64,
    missing_5: F64,
    missing_3: F64,
    sums_5: F64,
    sums_3: F64,
    starts: int,
    prefix: F64,
    after: F64,
    total: F64,
) -> None:
    """Add a segment after the prefixes, and windows that begin in such a segment.

    Args:
        window: codes.
        codes: see `TrimmedSegments`, also the next four.
        offsets: of the
        weights: of the
        missing_5: of the
        missing_3: of the
        sums_5: cumulative sums of `missing_5`.
        sums_3: cumulative sums of `missing_3`.
        starts: number of positions of the window, from the first on, at which the segment may begin.
        prefix: see the module.
        after: written: the new prefixes; all 0.
        total: see the module.
    """
    size, most = len(window), len(total) - 1
    longest_5, longest_3 = missing_5.shape[1] - 1, missing_3.shape[1] - 1
    for s in range(len(weights)):
        origin, length = offsets[s], offsets[s + 1] - offsets[s]
        at_most_5, at_most_3 = sums_5[s], sums_3[s]
        empty = 0.0  # probability that no base of the segment is left
        for missing in range(longest_5 + 1):
            rest = length - missing - 1  # most missing bases at the 3' end if one base is left
            empty += missing_5[s, missing] * (1.0 - (at_most_3[min(rest, longest_3)] if rest >= 0 else 0.0))
        for i in range(1, size):
            for m in range(most + 1):
                after[i, m] += prefix[i, m] * weights[s] * empty
        for start in range(min(starts, size)):
            for missing in range(length):
                if start == 0:
                    chance = at_most_5[min(missing, longest_5)]
                elif missing <= longest_5:
                    chance = missing_5[s, missing]
                else:
                    break
                mismatches = 0
                for i in range(start, min(size, start + length - missing)):
                    mismatches += window[i] != codes[origin + missing + i - start]
                    if mismatches > most:
                        break
                    left = length - missing - (i - start) - 1
                    if i + 1 == size:
                        here = chance * weights[s] * at_most_3[min(left, longest_3)]
                    elif left <= longest_3:
                        here = chance * weights[s] * missing_3[s, left]
                    else:
                        continue
                    for m in range(most + 1 - mismatches):
                        before = prefix[start, m] if start else (1.0 if m == 0 else 0.0)
                        if i + 1 == size:
                            total[m + mismatches] += before * here
                        else:
                            after[i + 1, m + mismatches] += before * here


@leaf
def _add_j(
    window: U8, codes: U8, offsets: I64, weights: F64, missing_5: F64, sums_5: F64, prefix: F64, total: F64
) -> None:
    """Add windows that end in a J; for the arguments see `_add_segment`."""
    size, most = len(window), len(total) - 1
    for s in range(len(weights)):
        origin, length = offsets[s], offsets[s + 1] - offsets[s]
        at_most = sums_5[s]
        longest = len(at_most) - 1
        for start in range(size):
            for missing in range(length - (size - start) + 1):
                if start and missing > longest:
                    break
                mismatches = 0
                for i in range(start, size):
                    mismatches += window[i] != codes[origin + missing + i - start]
                    if mismatches > most:
                        break
                if mismatches > most:
                    continue
                chance = weights[s] * (missing_5[s, missing] if start else at_most[min(missing, longest)])
                for m in range(most + 1 - mismatches):
                    before = prefix[start, m] if start else (1.0 if m == 0 else 0.0)
                    total[m + mismatches] += before * chance
