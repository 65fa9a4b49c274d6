"""Compute how often V(D)J recombination makes a given sequence, substitutions allowed.

The sequence is called the window. It is a stretch of a rearrangement that may begin and end in any part of the
rearrangement: V, N1, D, N2 or J. N1 and N2 are inserted N bases. The sum over all ways to make the window adds one part
after the other.

Two arrays hold the sums. ``prefix[i, m]`` is the probability that the first i bases of the window end exactly at the
end of the part added last, with m substitutions. ``total[m]`` is the sum over the ways that have made the whole window
with m substitutions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I64, U8

SEED_LENGTH = 13
"""Length of a seed of `track` [nt]. A read with e edits contains at least one of e + 1 seeds of a target unchanged."""


class TrimmedSegments(NamedTuple):
    """Germline segments of one kind (V, D or J) and the probabilities of their trimming.

    Each segment is extended by the palindromic bases that the opening of its hairpins may add. Missing bases are
    counted from the ends of the extended segment.

    Attributes:
        codes: bases of all segments, one after another.
        offsets: segment s is ``codes[offsets[s]:offsets[s + 1]]``, shape (n + 1,).
        weights: probability that each segment is used, shape (n,); the sum is 1.
        missing_5: probability of 0, 1, ... missing bases at the 5' end of each segment, shape (n, largest number + 1).
        missing_3: probability of 0, 1, ... missing bases at the 3' end of each segment, shape (n, largest number + 1).
    """

    codes: U8
    offsets: I64
    weights: F64
    missing_5: F64
    missing_3: F64


class RecombinationModel(NamedTuple):
    """Probabilities of V(D)J recombination in one system of rearrangements (IGH, IGK, ...).

    Attributes:
        v: segments at the 5' end (D segments in a D-J rearrangement).
        d: segments in the middle; empty if the system has none.
        j: segments at the 3' end.
        n1: probability of 0, 1, ... N bases after the 5' segment, shape (largest number + 1,).
        n2: probability of 0, 1, ... N bases before the 3' segment; not used if `d` is empty.
        bases: share of A, C, G and T among the N bases, shape (4,).
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
    (Sethna 2019, Bioinformatics 35:2974). Unlike in OLGA, the window consists of nucleotides, may have substitutions,
    and may begin and end in any part of the rearrangement.

    Args:
        window: codes without unknown bases, shape (n,).
        model: how segments are used, trimmed and joined.
        max_mismatches: largest number of substitutions.

    Returns:
        Expected number of positions with exactly 0, 1, ..., `max_mismatches` substitutions, shape (max_mismatches +
        1,).
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
    """Compute the probability of at least 0, 1, ... bases from the probability of exactly 0, 1, ... bases."""
    return np.ascontiguousarray(np.cumsum(lengths[::-1])[::-1])


@leaf
def _add_inserted(
    window: U8, lengths: F64, at_least: F64, bases: F64, prefix: F64, after: F64, chance: F64, total: F64
) -> None:
    """Add N bases to the sum: after the prefixes, and as the first part of the window.

    Args:
        window: codes.
        lengths: probability of exactly 0, 1, ... N bases.
        at_least: probability of at least 0, 1, ... N bases.
        bases: share of A, C, G and T among the N bases, shape (4,).
        prefix: sums before these N bases, see the module.
        after: all 0; written with the sums after these N bases, shape of `prefix`.
        chance: scratch, shape (max_mismatches + 1,).
        total: sums of whole windows, added to; see the module.
    """
    size, most = len(window), len(total) - 1
    for start in range(size):
        for m in range(most + 1):
            chance[m] = 0.0  # probability of m substitutions in the N bases so far
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
    """Add a V or D segment to the sum: after the prefixes, and as the first part of the window.

    Args:
        window: codes.
        codes: as in `TrimmedSegments`.
        offsets: as in `TrimmedSegments`.
        weights: as in `TrimmedSegments`.
        missing_5: as in `TrimmedSegments`.
        missing_3: as in `TrimmedSegments`.
        sums_5: probability of at most 0, 1, ... missing bases at the 5' end, shape of `missing_5`.
        sums_3: probability of at most 0, 1, ... missing bases at the 3' end, shape of `missing_3`.
        starts: number of positions of the window, from the first base on, at which the segment may begin.
        prefix: sums before this segment, see the module.
        after: all 0; written with the sums after this segment, shape of `prefix`.
        total: sums of whole windows, added to; see the module.
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
    """Add the J segment to the sum, for windows that end in the J; `_add_segment` describes the arguments."""
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
