"""Find pairs of similar sequences without comparing all pairs.

Neighbours are a few substitutions apart, or one inserted or deleted base. One of the two, the parent, is more abundant.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.arrays import grow_rows, stable_order
from clonotrack.kernels.jit import inlined, leaf
from clonotrack.sequences import I64, U8, Bool, N

_MASK = (1 << 40) - 1
_FACTOR = 0x2F0B4D  # odd and below 2^22: a product with 40 bits fits into an int64


@leaf
def _part_hashes(codes: U8, offsets: I64, groups: I64, parts: int, hashes: I64) -> None:
    """Write the hash of each interleaved part (every `parts`-th base), group and length included, shape (parts, n)."""
    for i in range(len(offsets) - 1):
        length = offsets[i + 1] - offsets[i]
        for part in range(parts):
            value = (int(groups[i]) * 4099 + int(length)) & _MASK
            for k in range(offsets[i] + part, offsets[i + 1], parts):
                value = ((value ^ (int(codes[k]) + 1)) * _FACTOR) & _MASK
            hashes[part, i] = value


@inlined
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


@inlined
def _first_clean(touched: int, first: int, second: int) -> bool:
    """Check whether `first` and `second` are the two lowest parts without a substitution."""
    for part in range(second):
        if part != first and not (touched >> part) & 1:
            return False
    return not ((touched >> first) & 1 or (touched >> second) & 1)


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
    max_child_reads = np.ascontiguousarray(max_child_reads)
    parts = max_child_reads.shape[0] + 2
    hashes = np.empty((parts, len(offsets) - 1), dtype=np.int64)
    _part_hashes(codes, offsets, groups, parts, hashes)
    pairs = np.empty((1024, 3), dtype=np.int64)
    count = 0
    for first in range(parts):
        for second in range(first + 1, parts):
            keys = (hashes[first] * _FACTOR & _MASK) ^ hashes[second]
            order = stable_order(keys)
            done, start = 1, 0
            while done < len(order):
                done, start, count = _pairs_in_buckets(
                    codes,
                    offsets,
                    groups,
                    reads,
                    max_child_reads,
                    first,
                    second,
                    keys,
                    order,
                    done,
                    start,
                    pairs,
                    count,
                )
                if done < len(order):
                    pairs = grow_rows(pairs, 2 * len(pairs))
    return pairs[:count].copy()


@leaf
def _pairs_in_buckets(
    codes: U8,
    offsets: I64,
    groups: I64,
    reads: I64,
    max_child_reads: I64,
    first: int,
    second: int,
    keys: I64,
    order: I64,
    done: int,
    start: int,
    pairs: I64,
    count: int,
) -> tuple[int, int, int]:
    """Write the pairs whose two lowest clean parts are `first` and `second`, while there is room; see `neighbours`.

    Args:
        codes: see `neighbours`, also the next four.
        offsets: of the sequences.
        groups: of the sequences.
        reads: of the sequences.
        max_child_reads: of the children.
        first: a part.
        second: a later part.
        keys: hash of both parts of each sequence.
        order: sequences ordered by key.
        done: index in `order` of the first child that is left.
        start: index in `order` of the first sequence with its key, or with the key before.
        pairs: written.
        count: rows that are written.

    Returns:
        The first child that is left, `start` for it, and the rows that are written.
    """
    max_distance = max_child_reads.shape[0]
    for j in range(done, len(order)):
        child = order[j]
        before = count
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
                codes, offsets[parent], offsets[child], length, max_distance, max_distance + 2
            )
            if distance == 0 or distance > max_distance or not _first_clean(touched, first, second):
                continue
            if reads[child] > max_child_reads[distance - 1, parent]:
                continue
            if count == len(pairs):
                return j, start, before
            pairs[count, 0] = parent
            pairs[count, 1] = child
            pairs[count, 2] = distance
            count += 1
    return len(order), start, count


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
    known = np.empty(n, dtype=np.bool_)
    lengths = np.diff(offsets)
    buckets = groups * (int(lengths.max(initial=0)) + 1) + lengths
    _match_unknown_bases(codes, offsets, buckets, stable_order(buckets), known, found)
    return found


@leaf
def _match_unknown_bases(codes: U8, offsets: I64, buckets: I64, order: I64, known: Bool, found: I64) -> None:
    """Write the known sequence of each sequence; `known` is scratch; see `match_unknown_bases`."""
    n = len(offsets) - 1
    for i in range(n):
        known[i] = True
        for k in range(offsets[i], offsets[i + 1]):
            if codes[k] == N:
                known[i] = False
                break
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


_PRIME = (1 << 31) - 1
_BASE = 1_103_515_245


@leaf
def _hashes(codes: U8, offsets: I64, hashes: I64) -> None:
    """Write the polynomial hash of each sequence, shape (n,)."""
    for i in range(len(hashes)):
        value = 0
        for k in range(offsets[i], offsets[i + 1]):
            value = (value * _BASE + int(codes[k]) + 1) % _PRIME
        hashes[i] = value


def _chains(hashes: I64, count: int) -> tuple[I64, I64]:
    """Build a chained hash table of the first `count` sequences.

    Returns:
        First sequence of each bucket, and the next sequence after each; -1 if there is none.
    """
    heads = np.full(max(16, 1 << (2 * count - 1).bit_length() if count else 16), -1, dtype=np.int64)
    after = np.full(count, -1, dtype=np.int64)
    _fill_chains(hashes, heads, after)
    return heads, after


@leaf
def _fill_chains(hashes: I64, heads: I64, after: I64) -> None:
    """Fill a hash table; see `_chains`."""
    for i in range(len(after) - 1, -1, -1):
        bucket = hashes[i] & (len(heads) - 1)
        after[i] = heads[bucket]
        heads[bucket] = i


@inlined
def _is_deletion(codes: U8, longer: int, shorter: int, length: int, deleted: int) -> bool:
    """Check whether the longer stretch without its base `deleted` equals the shorter one of `length` bases."""
    for k in range(length):
        if codes[shorter + k] != codes[longer + k + (k >= deleted)]:
            return False
    return True


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
    hashes = np.empty(n, dtype=np.int64)
    _hashes(codes, offsets, hashes)
    may_be_parent = (reads > reads[-1:]) & (reads[-1:] <= max_child_reads)
    abundant = int(np.argmin(np.append(may_be_parent, False)))
    power = np.ones(int(np.diff(offsets).max(initial=0)) + 1, dtype=np.int64)
    for k in range(1, len(power)):
        power[k] = int(power[k - 1]) * _BASE % _PRIME
    tables = (*_chains(hashes, n), *_chains(hashes, abundant))
    pairs = np.empty((1024, 2), dtype=np.int64)
    done = count = 0
    while done < n:
        done, count = _pairs_by_deletion(
            codes, offsets, groups, reads, max_child_reads, hashes, abundant, *tables, power, done, pairs, count
        )
        if done < n:
            pairs = grow_rows(pairs, 2 * len(pairs))
    return pairs[:count].copy()


@leaf
def _pairs_by_deletion(
    codes: U8,
    offsets: I64,
    groups: I64,
    reads: I64,
    max_child_reads: I64,
    hashes: I64,
    abundant: int,
    all_heads: I64,
    all_after: I64,
    abundant_heads: I64,
    abundant_after: I64,
    power: I64,
    done: int,
    pairs: I64,
    count: int,
) -> tuple[int, int]:
    """Write the pairs of the sequences from `done` on, while there is room; see `indel_neighbours`.

    Returns:
        The first sequence that is left, and the rows that are written.
    """
    for i in range(done, len(offsets) - 1):
        before = count
        start = offsets[i]
        length = offsets[i + 1] - start
        heads, after = all_heads, all_after
        if i >= abundant:
            heads, after = abundant_heads, abundant_after
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
                        if count == len(pairs):
                            return i, before
                        pairs[count, 0] = parent
                        pairs[count, 1] = child
                        count += 1
                    j = after[j]
            prefix = extended
    return len(offsets) - 1, count
