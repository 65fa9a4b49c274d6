"""Find sequences, with a few substitutions, inside longer sequences."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8, offsets_of

K = 8
"""Length of a seed [nt]."""


@inlined
def _kmer(codes: U8, start: int) -> int:
    """Compute a number that identifies the `K` bases from `start` on; an unknown base counts as a fifth base."""
    value = 0
    for k in range(start, start + K):
        value = value * 5 + int(codes[k])
    return value


def _index(codes: U8, offsets: I64) -> tuple[I64, I64, I64]:
    """Index every k-mer of every sequence.

    Returns:
        `starts`, `positions` and `owners`. K-mer x begins at the indices ``positions[starts[x]:starts[x + 1]]`` of
        `codes`, in the sequences ``owners[starts[x]:starts[x + 1]]``.
    """
    nowhere = np.empty(0, dtype=np.int64)
    counts = np.zeros(5**K, dtype=np.int64)
    _list_kmers(codes, offsets, counts, nowhere, nowhere)
    starts = offsets_of(counts)
    positions, owners = (np.empty(starts[-1], dtype=np.int64) for _ in range(2))
    _list_kmers(codes, offsets, starts[:-1].copy(), positions, owners)
    return starts, positions, owners


@leaf
def _list_kmers(codes: U8, offsets: I64, fill: I64, positions: I64, owners: I64) -> None:
    """Count all k-mers, or write the position and sequence of each k-mer; see `_index`.

    Args:
        codes: bases of all sequences.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        fill: element x is raised by one at each occurrence of k-mer x. It is the element of `positions` and `owners`
            that the next occurrence is written to. Shape (5 ** K,).
        positions: written with the index in `codes` of each k-mer; if it is empty, k-mers are only counted.
        owners: written with the sequence of each k-mer; empty if `positions` is empty.
    """
    for i in range(len(offsets) - 1):
        for start in range(offsets[i], offsets[i + 1] - K + 1):
            kmer = _kmer(codes, start)
            if len(positions) > 0:
                positions[fill[kmer]] = start
                owners[fill[kmer]] = i
            fill[kmer] += 1


def find_substrings(codes: U8, offsets: I64, longer_codes: U8, longer_offsets: I64, max_distance: int) -> I64:
    """Find, for each sequence, the longer sequence that contains it with the fewest substitutions.

    A sequence is cut into d + 1 contiguous parts. If it has d substitutions, at least one part has none. The first `K`
    bases of each part are searched as seeds. Parts need `K` bases, so a short sequence is allowed fewer substitutions:
    at most ``length // K - 1``.

    Args:
        codes: bases of the sequences to find.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        longer_codes: bases of the longer sequences.
        longer_offsets: offsets of the longer sequences, shape (m + 1,).
        max_distance: most substitutions.

    Returns:
        Index of the longer sequence that contains each sequence, shape (n,); -1 if no longer sequence contains it. Of
        longer sequences with equally few substitutions, the lowest index is taken.
    """
    found = np.full(len(offsets) - 1, -1, dtype=np.int64)
    index = _index(longer_codes, longer_offsets)
    _find_substrings(codes, offsets, longer_codes, longer_offsets, max_distance, *index, found)
    return found


@leaf
def _find_substrings(
    codes: U8,
    offsets: I64,
    longer_codes: U8,
    longer_offsets: I64,
    max_distance: int,
    starts: I64,
    positions: I64,
    owners: I64,
    found: I64,
) -> None:
    """Write the index of the longer sequence of each sequence; see `find_substrings`."""
    for i in range(len(found)):
        length = offsets[i + 1] - offsets[i]
        limit = min(max_distance, length // K - 1)
        best = limit + 1
        for part in range(limit + 1):
            shift = part * (length // (limit + 1))
            kmer = _kmer(codes, offsets[i] + shift)
            for entry in range(starts[kmer], starts[kmer + 1]):
                owner = owners[entry]
                start = positions[entry] - shift
                if start < longer_offsets[owner] or start + length > longer_offsets[owner + 1]:
                    continue
                distance = 0
                for k in range(length):
                    if codes[offsets[i] + k] != longer_codes[start + k]:
                        distance += 1
                        if distance > best:
                            break
                if distance < best or (distance == best <= limit and owner < found[i]):
                    best = distance
                    found[i] = owner
