"""Compute how often V(D)J recombination makes a given sequence, substitutions allowed.

The sequence is a `window` of a rearrangement: it may begin and end in any of its parts (V, N1, D, N2, J). The sum over
all ways to make it goes from part to part. `prefix[i, m]` is the probability that the first i bases of the window end
exactly at the end of the part that was added last, with m substitutions. `total[m]` collects the windows that are
complete.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
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


@njit
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
    size = len(window)
    total = np.zeros(max_mismatches + 1)
    prefix = np.zeros((size + 1, max_mismatches + 1))
    _add_v(window, model.v, prefix, total)
    prefix = _add_inserted(window, model.n1, model.bases, prefix, total)
    if len(model.d.weights):
        prefix = _add_d(window, model.d, prefix, total)
        prefix = _add_inserted(window, model.n2, model.bases, prefix, total)
    _add_j(window, model.j, prefix, total)
    return total


@njit
def _add_v(window: U8, segments: TrimmedSegments, prefix: F64, total: F64) -> None:
    """Add windows that begin in a V."""
    size, most = len(window), len(total) - 1
    for s in range(len(segments.weights)):
        origin, length = segments.offsets[s], segments.offsets[s + 1] - segments.offsets[s]
        longest = segments.missing_3.shape[1] - 1
        at_most = np.cumsum(segments.missing_3[s])
        for start in range(length):
            mismatches = 0
            for i in range(min(size, length - start)):
                mismatches += window[i] != segments.codes[origin + start + i]
                if mismatches > most:
                    break
                missing = length - start - i - 1
                if i + 1 == size:
                    total[mismatches] += segments.weights[s] * at_most[min(missing, longest)]
                elif missing <= longest:
                    prefix[i + 1, mismatches] += segments.weights[s] * segments.missing_3[s, missing]


@njit
def _add_inserted(window: U8, lengths: F64, bases: F64, prefix: F64, total: F64) -> F64:
    """Add N bases after the prefixes, and windows that begin in N bases; return the new prefixes."""
    size, most = len(window), len(total) - 1
    after = np.zeros((size + 1, most + 1))
    at_least = np.cumsum(lengths[::-1])[::-1]  # probability of this number of bases or more
    for start in range(size):
        chance = np.zeros(most + 1)  # of each number of substitutions
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
                        total[k] += chance[k] * np.sum(at_least[n:])
    return after


@njit
def _add_d(window: U8, segments: TrimmedSegments, prefix: F64, total: F64) -> F64:
    """Add a D after the prefixes, and windows that begin in a D; return the new prefixes."""
    size, most = len(window), len(total) - 1
    after = np.zeros((size + 1, most + 1))
    for s in range(len(segments.weights)):
        origin, length = segments.offsets[s], segments.offsets[s + 1] - segments.offsets[s]
        at_most_5, at_most_3 = np.cumsum(segments.missing_5[s]), np.cumsum(segments.missing_3[s])
        longest_5, longest_3 = len(at_most_5) - 1, len(at_most_3) - 1
        empty = 0.0  # probability that no base of the D is left
        for missing in range(longest_5 + 1):
            rest = length - missing - 1  # most missing bases at the 3' end if one base is left
            empty += segments.missing_5[s, missing] * (1.0 - (at_most_3[min(rest, longest_3)] if rest >= 0 else 0.0))
        for i in range(1, size):
            for m in range(most + 1):
                after[i, m] += prefix[i, m] * segments.weights[s] * empty
        for start in range(size):
            for missing in range(length):
                if start == 0:
                    chance = at_most_5[min(missing, longest_5)]
                elif missing <= longest_5:
                    chance = segments.missing_5[s, missing]
                else:
                    break
                mismatches = 0
                for i in range(start, min(size, start + length - missing)):
                    mismatches += window[i] != segments.codes[origin + missing + i - start]
                    if mismatches > most:
                        break
                    left = length - missing - (i - start) - 1
                    if i + 1 == size:
                        here = chance * segments.weights[s] * at_most_3[min(left, longest_3)]
                    elif left <= longest_3:
                        here = chance * segments.weights[s] * segments.missing_3[s, left]
                    else:
                        continue
                    for m in range(most + 1 - mismatches):
                        before = prefix[start, m] if start else (1.0 if m == 0 else 0.0)
                        if i + 1 == size:
                            total[m + mismatches] += before * here
                        else:
                            after[i + 1, m + mismatches] += before * here
    return after


@njit
def _add_j(window: U8, segments: TrimmedSegments, prefix: F64, total: F64) -> None:
    """Add windows that end in a J."""
    size, most = len(window), len(total) - 1
    for s in range(len(segments.weights)):
        origin, length = segments.offsets[s], segments.offsets[s + 1] - segments.offsets[s]
        at_most = np.cumsum(segments.missing_5[s])
        longest = len(at_most) - 1
        for start in range(size):
            for missing in range(length - (size - start) + 1):
                if start and missing > longest:
                    break
                mismatches = 0
                for i in range(start, size):
                    mismatches += window[i] != segments.codes[origin + missing + i - start]
                    if mismatches > most:
                        break
                if mismatches > most:
                    continue
                chance = segments.weights[s] * (
                    segments.missing_5[s, missing] if start else at_most[min(missing, longest)]
                )
                for m in range(most + 1 - mismatches):
                    before = prefix[start, m] if start else (1.0 if m == 0 else 0.0)
                    total[m + mismatches] += before * chance
