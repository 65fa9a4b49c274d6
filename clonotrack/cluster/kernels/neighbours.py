"""Find pairs of similar sequences without comparing all pairs.

Neighbours are a few substitutions apart, or one inserted or deleted base. One of the two, the parent, is more abundant.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.arrays import stable_order
from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8, N

_MASK = (1 << 40) - 1
_FACTOR = 0x2F0B4D  # odd and below 2^22: a product with 40 bits fits into an int64


@njit
def _part_hashes(codes: U8, offsets: I64, groups: I64, parts: int) -> I64:
    """Hash each interleaved part (every `parts`-th base) together with group and length, shape (parts, n)."""
    hashes = np.empty((parts, len(offsets) - 1), dtype=np.int64)
    for i in range(len(offsets) - 1):
        length = offsets[i + 1] - offsets[i]
        for part in range(parts):
            value = (int(groups[i]) * 4099 + int(length)) & _MASK
            for k in range(offsets[i] + part, offsets[i + 1], parts):
                value = ((value ^ (int(codes[k]) + 1)) * _FACTOR) & _MASK
            hashes[part, i] = value
    return hashes


@njit
def _substitutions(codes: U8, a: int, b: int, length: int, limit: int, parts: int) -> tuple[int, int]:
    """Count the substitutions between two stretches, up to `limit` + 1.

    Returns:
        The count, and the parts that contain substitutions as bits.
    """
    count = 0
    touched = 0
    for k in range(length):
        if codes[a + k] != codes[b + k]:
            count += 1
            touched |= 1 << (k % parts)
            if count > limit:
                break
    return count, touched


@njit
def _first_clean(touched: int, first: int, second: int) -> bool:
    """Check whether `first` and `second` are the two lowest parts without a substitution."""
    for part in range(second):
        if part != first and not (touched >> part) & 1:
            return False
    return not ((touched >> first) & 1 or (touched >> second) & 1)


@njit
def _grown(pairs: I64) -> I64:
    """Copy the pairs into an array of twice the size."""
    larger = np.empty((2 * pairs.shape[0], 3), dtype=np.int64)
    larger[: pairs.shape[0]] = pairs
    return larger


@njit
def neighbours(codes: U8, offsets: I64, groups: I64, reads: I64, max_child_reads: I64) -> I64:
    """Find pairs of equally long sequences of one group that are one to D substitutions apart.

    A parent has more reads than its child. The child has at most ``max_child_reads[distance - 1, parent]`` reads.

    Each sequence is cut into D + 2 interleaved parts. At least two parts have no substitution, so two neighbours share
    the hashes of at least one pair of parts (pigeonhole). Interleaving gives every part its share of the diverse middle
    of a junction; contiguous parts would be mostly germline. In a bucket of equal hashes only sequences that may have
    such a child are tried as parents.

    Args:
        codes: bases of all sequences; an unknown base counts as a fifth base.
        offsets: shape (n + 1,).
        groups: sequences of different groups are not compared, shape (n,).
        reads: shape (n,), falling.
        max_child_reads: most reads of a child at each distance, falling along both axes, shape (D, n).

    Returns:
        Rows of (parent, child, distance), each pair once, in no particular order.
    """
    max_distance = max_child_reads.shape[0]
    parts = max_distance + 2
    hashes = _part_hashes(codes, offsets, groups, parts)
    pairs = np.empty((1024, 3), dtype=np.int64)
    count = 0
    for first in range(parts):
        for second in range(first + 1, parts):
            keys = (hashes[first] * _FACTOR & _MASK) ^ hashes[second]
            order = stable_order(keys)
            start = 0
            for j in range(1, len(order)):
                child = order[j]
                if keys[child] != keys[order[start]]:
                    start = j
                    continue
                length = offsets[child + 1] - offsets[child]
                for i in range(start, j):
                    parent = order[i]
                    if reads[child] > max_child_reads[0, parent] or reads[parent] <= reads[child]:
                        break
                    if groups[parent] != groups[child] or offsets[parent + 1] - offsets[parent] != length:
                        continue
                    distance, touched = _substitutions(
                        codes, offsets[parent], offsets[child], length, max_distance, parts
                    )
                    if distance == 0 or distance > max_distance or not _first_clean(touched, first, second):
                        continue
                    if reads[child] > max_child_reads[distance - 1, parent]:
                        continue
                    if count == pairs.shape[0]:
                        pairs = _grown(pairs)
                    pairs[count, 0] = parent
                    pairs[count, 1] = child
                    pairs[count, 2] = distance
                    count += 1
    return pairs[:count].copy()


@njit
def match_unknown_bases(codes: U8, offsets: I64, groups: I64) -> I64:
    """Find, for each sequence with unknown bases, the first known sequence that agrees with it.

    A known sequence has no unknown base. It agrees if it has the same group, the same length and the same base at each
    position that both know.

    Args:
        codes: bases of all sequences, the preferred sequences first.
        offsets: shape (n + 1,).
        groups: shape (n,).

    Returns:
        Index of the known sequence, shape (n,); -1 if there is none, and for known sequences.
    """
    n = len(offsets) - 1
    found = np.full(n, -1, dtype=np.int64)
    known = np.ones(n, dtype=np.bool_)
    for i in range(n):
        for k in range(offsets[i], offsets[i + 1]):
            if codes[k] == N:
                known[i] = False
                break
    buckets = groups * (np.max(np.diff(offsets)) + 1 if n else 1) + np.diff(offsets)
    order = stable_order(buckets)
    start = 0
    for j in range(n):
        if buckets[order[j]] != buckets[order[start]]:
            start = j
        if known[order[j]]:
            continue
        query = order[j]
        length = offsets[query + 1] - offsets[query]
        i = start
        while i < n and buckets[order[i]] == buckets[query] and found[query] < 0:
            candidate = order[i]
            i += 1
            if not known[candidate]:
                continue
            agree = True
            for k in range(length):
                base = codes[offsets[query] + k]
                if base != N and base != codes[offsets[candidate] + k]:
                    agree = False
                    break
            if agree:
                found[query] = candidate
    return found


_PRIME = (1 << 31) - 1
_BASE = 1_103_515_245


@njit
def _hashes(codes: U8, offsets: I64) -> I64:
    """Compute the polynomial hash of each sequence, shape (n,)."""
    hashes = np.zeros(len(offsets) - 1, dtype=np.int64)
    for i in range(len(hashes)):
        value = 0
        for k in range(offsets[i], offsets[i + 1]):
            value = (value * _BASE + int(codes[k]) + 1) % _PRIME
        hashes[i] = value
    return hashes


@njit
def _chains(hashes: I64, count: int) -> tuple[I64, I64]:
    """Build a chained hash table of the first `count` sequences.

    Returns:
        First sequence of each bucket, and the next sequence after each; -1 if there is none.
    """
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
def _is_deletion(codes: U8, longer: int, shorter: int, length: int, deleted: int) -> bool:
    """Check whether the longer stretch without its base `deleted` equals the shorter one of `length` bases."""
    for k in range(length):
        if codes[shorter + k] != codes[longer + k + (k >= deleted)]:
            return False
    return True


@njit
def indel_neighbours(codes: U8, offsets: I64, groups: I64, reads: I64, max_child_reads: I64) -> I64:
    """Find pairs of sequences of one group that differ by one inserted or deleted base.

    A parent has more reads than its child. The child has at most ``max_child_reads[parent]`` reads. Every distinct
    deletion of a sequence is searched in a hash table. A sequence that is too rare to be a parent is searched among the
    abundant ones only.

    Args:
        codes: bases of all sequences; an unknown base counts as a fifth base.
        offsets: shape (n + 1,).
        groups: sequences of different groups are not compared, shape (n,).
        reads: shape (n,), falling.
        max_child_reads: most reads of a child, falling, shape (n,).

    Returns:
        Rows of (parent, child), each pair once, in no particular order.
    """
    n = len(offsets) - 1
    hashes = _hashes(codes, offsets)
    abundant = 0
    while abundant < n and reads[abundant] > reads[n - 1] <= max_child_reads[abundant]:
        abundant += 1
    all_heads, all_after = _chains(hashes, n)
    abundant_heads, abundant_after = _chains(hashes, abundant)
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
        heads, after = (all_heads, all_after) if i < abundant else (abundant_heads, abundant_after)
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
                        and reads[child] <= max_child_reads[parent]
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
