"""How often recombination makes a given stretch of sequence: the sum over all ways, with substitutions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64, I64, U8

PIECE = 13
"""nt of a target that a read holds unchanged, between two edits: tracking finds reads by such pieces."""


class Ends(NamedTuple):
    """Segments of one kind, with what their hairpins may add at an end that is cut.

    Attributes:
        codes: one after the other.
        offsets: shape (n + 1,).
        weights: shape (n,); how often each is chosen; sums to 1.
        cut_5: shape (n, longest cut + 1); chance that so many bases are missing at the 5' end.
        cut_3: likewise at the 3' end.
    """

    codes: U8
    offsets: I64
    weights: F64
    cut_5: F64
    cut_3: F64


class Recombination(NamedTuple):
    """One kind of rearrangement; without a D its `d` is empty and `n2` is not looked at.

    Attributes:
        v: what comes first.
        d: what comes between.
        j: what comes last.
        n1: shape (longest + 1,); chance of so many inserted bases behind the first.
        n2: likewise before the last, where there is something between.
        bases: shape (4,); composition of what is inserted.
    """

    v: Ends
    d: Ends
    j: Ends
    n1: F64
    n2: F64
    bases: F64


@njit
def occurrences(window: U8, model: Recombination, most: int) -> F64:
    """Expected places of a random rearrangement that show `window` with a given number of substitutions.

    METHOD: the model of Murugan 2012 (PNAS 109:16161) is summed over all ways of cutting and inserting, as in OLGA
    (Sethna 2019, Bioinformatics 35:2974); here for nucleotides, with substitutions, and for a window that may begin
    and end in any part of the rearrangement.

    Args:
        window: codes, none unknown.
        model: how segments are chosen, cut and joined.
        most: substitutions that matter.

    Returns:
        shape (most + 1,); element m is the number of places with exactly m substitutions.
    """
    size = len(window)
    found = np.zeros(most + 1)
    made = np.zeros((size + 1, most + 1))  # chance that the first bases end with the part that was looked at last
    _first(window, model.v, made, found)
    made = _inserted(window, model.n1, model.bases, made, found)
    if len(model.d.weights):
        made = _middle(window, model.d, made, found)
        made = _inserted(window, model.n2, model.bases, made, found)
    _last(window, model.j, made, found)
    return found


@njit
def _first(window: U8, ends: Ends, made: F64, found: F64) -> None:
    """Windows that begin in a V."""
    size, most = len(window), len(found) - 1
    for s in range(len(ends.weights)):
        origin, length = ends.offsets[s], ends.offsets[s + 1] - ends.offsets[s]
        longest = ends.cut_3.shape[1] - 1
        kept = np.cumsum(ends.cut_3[s])
        for start in range(length):
            apart = 0
            for i in range(min(size, length - start)):
                apart += window[i] != ends.codes[origin + start + i]
                if apart > most:
                    break
                cut = length - start - i - 1
                if i + 1 == size:
                    found[apart] += ends.weights[s] * kept[min(cut, longest)]
                elif cut <= longest:
                    made[i + 1, apart] += ends.weights[s] * ends.cut_3[s, cut]


@njit
def _inserted(window: U8, lengths: F64, bases: F64, made: F64, found: F64) -> F64:
    """Inserted bases behind what was made, or those that the window begins with."""
    size, most = len(window), len(found) - 1
    after = np.zeros((size + 1, most + 1))
    more = np.cumsum(lengths[::-1])[::-1]  # chance of so many bases or more
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
                before = made[start, m] if start else 0.0
                for k in range(most + 1 - m):
                    if i < size:
                        after[i, m + k] += before * lengths[n] * chance[k]
                    else:
                        found[m + k] += before * more[n] * chance[k]
            if start == 0 and 0 < n:
                for k in range(most + 1):
                    if i < size:
                        after[i, k] += more[n] * chance[k]
                    else:
                        found[k] += chance[k] * np.sum(more[n:])
    return after


@njit
def _middle(window: U8, ends: Ends, made: F64, found: F64) -> F64:
    """A D behind what was made, or one that the window begins with."""
    size, most = len(window), len(found) - 1
    after = np.zeros((size + 1, most + 1))
    for s in range(len(ends.weights)):
        origin, length = ends.offsets[s], ends.offsets[s + 1] - ends.offsets[s]
        begun, ended = np.cumsum(ends.cut_5[s]), np.cumsum(ends.cut_3[s])
        longest_5, longest_3 = len(begun) - 1, len(ended) - 1
        empty = 0.0
        for cut in range(longest_5 + 1):
            rest = length - cut - 1  # the most that may be missing on the other side where a base is left
            empty += ends.cut_5[s, cut] * (1.0 - (ended[min(rest, longest_3)] if rest >= 0 else 0.0))
        for i in range(1, size):
            for m in range(most + 1):
                after[i, m] += made[i, m] * ends.weights[s] * empty
        for start in range(size):
            for cut in range(length):
                if start == 0:
                    chance = begun[min(cut, longest_5)]
                elif cut <= longest_5:
                    chance = ends.cut_5[s, cut]
                else:
                    break
                apart = 0
                for i in range(start, min(size, start + length - cut)):
                    apart += window[i] != ends.codes[origin + cut + i - start]
                    if apart > most:
                        break
                    left = length - cut - (i - start) - 1
                    if i + 1 == size:
                        here = chance * ends.weights[s] * ended[min(left, longest_3)]
                    elif left <= longest_3:
                        here = chance * ends.weights[s] * ends.cut_3[s, left]
                    else:
                        continue
                    for m in range(most + 1 - apart):
                        before = made[start, m] if start else (1.0 if m == 0 else 0.0)
                        if i + 1 == size:
                            found[m + apart] += before * here
                        else:
                            after[i + 1, m + apart] += before * here
    return after


@njit
def _last(window: U8, ends: Ends, made: F64, found: F64) -> None:
    """Windows that end in a J."""
    size, most = len(window), len(found) - 1
    for s in range(len(ends.weights)):
        origin, length = ends.offsets[s], ends.offsets[s + 1] - ends.offsets[s]
        begun = np.cumsum(ends.cut_5[s])
        longest = len(begun) - 1
        for start in range(size):
            for cut in range(length - (size - start) + 1):
                if start and cut > longest:
                    break
                apart = 0
                for i in range(start, size):
                    apart += window[i] != ends.codes[origin + cut + i - start]
                    if apart > most:
                        break
                if apart > most:
                    continue
                chance = ends.weights[s] * (ends.cut_5[s, cut] if start else begun[min(cut, longest)])
                for m in range(most + 1 - apart):
                    before = made[start, m] if start else (1.0 if m == 0 else 0.0)
                    found[m + apart] += before * chance
