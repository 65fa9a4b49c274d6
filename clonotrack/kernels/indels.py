"""Pairs of sequences one inserted or deleted base apart, one of them much more abundant."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8

_PRIME = (1 << 31) - 1
_BASE = 1_103_515_245


@njit
def _hashes(codes: U8, offsets: I64) -> I64:
    """Polynomial hash of each whole sequence, shape (n,)."""
    hashes = np.zeros(len(offsets) - 1, dtype=np.int64)
    for i in range(len(hashes)):
        value = 0
        for k in range(offsets[i], offsets[i + 1]):
            value = (value * _BASE + int(codes[k]) + 1) % _PRIME
        hashes[i] = value
    return hashes


@njit
def _chains(hashes: I64, count: int) -> tuple[I64, I64]:
    """Hash table of the first `count` sequences: head of the chain of each bucket, next of each sequence."""
    size = 16
    while size < 2 * count:
        size *= 2
    heads = np.full(size, -1, dtype=np.int64)
    after = np.full(count, -1, dtype=np.int64)
    for i in range(count - 1, -1, -1):
        bucket = hashes[i] & (size - 1)
        after[i] = heads[bucket]
        heads[bucket] = i
    return heads, after


@njit
def _is_deletion(codes: U8, longer: int, shorter: int, length: int, at: int) -> bool:
    """Whether the `length` bases from `shorter` on are those from `longer` on without the one at `at`."""
    for k in range(length):
        if codes[shorter + k] != codes[longer + k + (k >= at)]:
            return False
    return True


@njit
def indel_neighbours(codes: U8, offsets: I64, groups: I64, reads: I64, limits: I64) -> I64:
    """Pairs of sequences of one group of which one is the other without one base, parent first.

    A parent has more reads than its child, which has at most ``limits[parent]``. Every distinct deletion of a sequence
    is looked up in a hash table; one that is too small to be a parent is looked up among the large ones only.

    Args:
        codes: bases of all sequences; an unknown base is a fifth letter.
        offsets: shape (n + 1,).
        groups: sequences of different groups are not compared, shape (n,).
        reads: shape (n,), falling.
        limits: most reads of a child, falling, shape (n,).

    Returns:
        Rows of (parent, child), each pair once, in no stated order.
    """
    n = len(offsets) - 1
    hashes = _hashes(codes, offsets)
    large = 0
    while large < n and reads[large] > reads[n - 1] <= limits[large]:
        large += 1
    all_heads, all_after = _chains(hashes, n)
    large_heads, large_after = _chains(hashes, large)
    longest = 0
    for i in range(n):
        longest = max(longest, offsets[i + 1] - offsets[i])
    power = np.ones(longest + 1, dtype=np.int64)
    for k in range(longest):
        power[k + 1] = int(power[k]) * _BASE % _PRIME
    pairs = np.empty((1024, 2), dtype=np.int64)
    count = 0
    for i in range(n):
        start = offsets[i]
        length = offsets[i + 1] - start
        heads, after = (all_heads, all_after) if i < large else (large_heads, large_after)
        prefix = 0
        for k in range(length):
            code = int(codes[start + k]) + 1
            extended = (prefix * _BASE + code) % _PRIME
            if k == 0 or codes[start + k] != codes[start + k - 1]:
                tail = int(power[length - 1 - k])
                deleted = (int(hashes[i]) + (prefix - extended) % _PRIME * tail) % _PRIME
                j = heads[deleted & (len(heads) - 1)]
                while j >= 0:
                    parent, child = min(i, j), max(i, j)
                    if (
                        hashes[j] == deleted
                        and groups[j] == groups[i]
                        and offsets[j + 1] - offsets[j] == length - 1
                        and reads[child] <= limits[parent]
                        and reads[parent] > reads[child]
                        and _is_deletion(codes, start, offsets[j], length - 1, k)
                    ):
                        if count == pairs.shape[0]:
                            larger = np.empty((2 * count, 2), dtype=np.int64)
                            larger[:count] = pairs
                            pairs = larger
                        pairs[count, 0] = parent
                        pairs[count, 1] = child
                        count += 1
                    j = after[j]
            prefix = extended
    return pairs[:count].copy()
