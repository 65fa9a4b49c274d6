"""Which sequences occur, with a few substitutions, inside longer ones."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8

WORD = 8


@njit
def _word(codes: U8, at: int) -> int:
    """Number of the `WORD` bases from `at` on; an unknown base is a fifth letter."""
    value = 0
    for k in range(at, at + WORD):
        value = value * 5 + int(codes[k])
    return value


@njit
def _index(codes: U8, offsets: I64) -> tuple[I64, I64, I64]:
    """Every word of every sequence: ends of each word's list, and the places and sequences in the lists."""
    starts = np.zeros(5**WORD + 1, dtype=np.int64)
    for i in range(len(offsets) - 1):
        for at in range(offsets[i], offsets[i + 1] - WORD + 1):
            starts[_word(codes, at) + 1] += 1
    starts = np.cumsum(starts)
    fill = starts.copy()
    places = np.empty(starts[-1], dtype=np.int64)
    owners = np.empty(starts[-1], dtype=np.int64)
    for i in range(len(offsets) - 1):
        for at in range(offsets[i], offsets[i + 1] - WORD + 1):
            word = _word(codes, at)
            places[fill[word]] = at
            owners[fill[word]] = i
            fill[word] += 1
    return starts, places, owners


@njit
def occurrences(codes: U8, offsets: I64, in_codes: U8, in_offsets: I64, max_distance: int) -> I64:
    """For each sequence, which of the longer ones holds it with the fewest substitutions.

    A sequence with d substitutions keeps one of d + 1 contiguous parts unchanged, whose first `WORD` bases are
    looked up in an index of the longer ones. So d is at most ``length // WORD - 1``: a short sequence is held to
    fewer substitutions.

    Args:
        codes: bases of the sequences that are looked for.
        offsets: shape (n + 1,).
        in_codes: bases of the longer sequences.
        in_offsets: shape (m + 1,).
        max_distance: substitutions.

    Returns:
        Index of the longer sequence, the first among equals, -1 where none holds it; shape (n,).
    """
    starts, places, owners = _index(in_codes, in_offsets)
    found = np.full(len(offsets) - 1, -1, dtype=np.int64)
    for i in range(len(found)):
        length = offsets[i + 1] - offsets[i]
        limit = min(max_distance, length // WORD - 1)
        best = limit + 1
        for part in range(limit + 1):
            shift = part * (length // (limit + 1))
            word = _word(codes, offsets[i] + shift)
            for entry in range(starts[word], starts[word + 1]):
                owner = owners[entry]
                at = places[entry] - shift
                if at < in_offsets[owner] or at + length > in_offsets[owner + 1]:
                    continue
                distance = 0
                for k in range(length):
                    if codes[offsets[i] + k] != in_codes[at + k]:
                        distance += 1
                        if distance > best:
                            break
                if distance < best or (distance == best <= limit and owner < found[i]):
                    best = distance
                    found[i] = owner
    return found
