"""Find pairs of similar sequences without comparing all pairs.

Two sequences are neighbours if they differ by a few substitutions, or by one inserted or deleted base. The sequence
with more reads is the parent, the other sequence the child.
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
    """Compute a hash of each interleaved part of each sequence, of its group and of its length.

    Part p consists of the bases p, p + `parts`, p + 2 `parts` and so on.

    Args:
        codes: bases of all sequences.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        groups: group of each sequence, shape (n,).
        parts: number of parts.
        hashes: written, shape (parts, n).
    """
    for i in range(len(offsets) - 1):
        length = offsets[i + 1] - offsets[i]
        for part in range(parts):
            value = (int(groups[i]) * 4099 + int(length)) & _MASK
            for k in range(offsets[i] + part, offsets[i + 1], parts):
                value = ((value ^ (int(codes[k]) + 1)) * _FACTOR) & _MASK
            hashes[part, i] = value


@inlined
def _substitutions(codes: U8, a: int, b: int, length: int, limit: int, parts: int) -> tuple[int, int]:
    """Count the substitutions between the stretches of `codes` that begin at `a` and at `b`, up to `limit` + 1.

    Returns:
        The count. Then the interleaved parts that contain substitutions: bit p is set for part p.
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
    """Check whether `first` and `second` are the two lowest-numbered parts without a substitution."""
    for part in range(second):
        if part != first and not (touched >> part) & 1:
            return False
    return not ((touched >> first) & 1 or (touched >> second) & 1)


def neighbours(codes: U8, offsets: I64, groups: I64, reads: I64, max_child_reads: I64) -> I64:
    """Find pairs of equally long sequences of one group that are one to D substitutions apart.

    A parent has more reads than its child. The child has at most ``max_child_reads[distance - 1, parent]`` reads; the
    distance is the number of substitutions.

    Each sequence is cut into D + 2 interleaved parts. Two neighbours differ in at most D parts, so at least two parts,
    and the hashes of these parts, are equal (pigeonhole principle). For each pair of parts, only sequences with equal
    hashes of both parts are compared. Interleaved parts all contain bases of the diverse middle of a junction;
    contiguous parts would be mostly germline and have equal hashes in many sequences.

    Args:
        codes: bases of all sequences; an unknown base counts as a fifth base.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        groups: group of each sequence, shape (n,).
        reads: reads of each sequence, in falling order, shape (n,).
        max_child_reads: most reads of a child at distance 1 to D of each parent, shape (D, n). Never rises along either
            axis.

    Returns:
        Index of the parent, index of the child, and distance of each pair, shape (pairs, 3). Each pair occurs once; the
        order is not defined.
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
    """Write the pairs of neighbours that share two given parts, until `pairs` is full; see `neighbours`.

    Only pairs whose two lowest-numbered parts without a substitution are `first` and `second` are written, so that no
    pair is written twice.

    Args:
        codes: as in `neighbours`.
        offsets: as in `neighbours`.
        groups: as in `neighbours`.
        reads: as in `neighbours`.
        max_child_reads: as in `neighbours`.
        first: number of a part.
        second: number of a later part.
        keys: hash of both parts of each sequence, shape (n,).
        order: indices of the sequences sorted by key, then by index, shape (n,).
        done: element of `order` to continue with: the next child.
        start: first element of `order` with the key of the element before `done`.
        pairs: written from row `count` on, shape (capacity, 3).
        count: number of pairs written by earlier calls.

    Returns:
        `done`, `start` and `count` for the next call; `done` is n if all children are done.
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
    """Find, for each sequence with unknown bases, the first complete sequence that agrees with its known bases.

    A complete sequence has no unknown base. Two sequences agree if they have the same group, the same length and the
    same base at each position where both bases are known.

    Args:
        codes: bases of all sequences, the preferred sequences first.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        groups: group of each sequence, an integer of 0 or more, shape (n,).

    Returns:
        Index of the complete sequence, shape (n,). The index is -1 if no complete sequence agrees, and for each
        sequence that is itself complete.
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
    """Write the index of the complete sequence for each sequence; see `match_unknown_bases`.

    Args:
        codes: bases of all sequences.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        buckets: number that is equal for sequences of one group and one length, shape (n,).
        order: indices of the sequences sorted by bucket, then by index, shape (n,).
        known: scratch, shape (n,); whether each sequence is complete.
        found: all -1, shape (n,); written.
    """
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
    """Write the polynomial hash of each sequence to `hashes`, shape (n,)."""
    for i in range(len(hashes)):
        value = 0
        for k in range(offsets[i], offsets[i + 1]):
            value = (value * _BASE + int(codes[k]) + 1) % _PRIME
        hashes[i] = value


def _chains(hashes: I64, count: int) -> tuple[I64, I64]:
    """Build a chained hash table of the first `count` sequences.

    Returns:
        Index of the first sequence in each bucket, and index of the sequence after each sequence in its bucket. An
        index of -1 means that there is no further sequence.
    """
    heads = np.full(max(16, 1 << (2 * count - 1).bit_length() if count else 16), -1, dtype=np.int64)
    after = np.full(count, -1, dtype=np.int64)
    _fill_chains(hashes, heads, after)
    return heads, after


@leaf
def _fill_chains(hashes: I64, heads: I64, after: I64) -> None:
    """Write the sequences to the hash table; see `_chains`."""
    for i in range(len(after) - 1, -1, -1):
        bucket = hashes[i] & (len(heads) - 1)
        after[i] = heads[bucket]
        heads[bucket] = i


@inlined
def _is_deletion(codes: U8, longer: int, shorter: int, length: int, deleted: int) -> bool:
    """Check whether deletion of one base turns a longer stretch into a shorter one.

    Args:
        codes: bases of all sequences.
        longer: index in `codes` of the first base of the longer stretch.
        shorter: index in `codes` of the first base of the shorter stretch.
        length: length of the shorter stretch [nt].
        deleted: 0-based position of the deleted base in the longer stretch.
    """
    for k in range(length):
        if codes[shorter + k] != codes[longer + k + (k >= deleted)]:
            return False
    return True


def indel_neighbours(codes: U8, offsets: I64, groups: I64, reads: I64, max_child_reads: I64) -> I64:
    """Find pairs of sequences of one group that differ by one inserted or deleted base.

    A parent has more reads than its child. The child has at most ``max_child_reads[parent]`` reads. Each sequence that
    results from deletion of one base is searched in a hash table of all sequences. For a sequence with too few reads to
    be a parent, a smaller hash table is enough: it contains only sequences with enough reads to be parents.

    Args:
        codes: bases of all sequences; an unknown base counts as a fifth base.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        groups: group of each sequence; sequences of different groups are not compared. Shape (n,).
        reads: reads of each sequence, in falling order, shape (n,).
        max_child_reads: most reads of a child of each sequence, in falling order, shape (n,).

    Returns:
        Index of the parent and index of the child of each pair, shape (pairs, 2). Each pair occurs once; the order is
        not defined.
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
    """Write the pairs that a deletion in the sequences from `done` on gives, until `pairs` is full.

    Args:
        codes: as in `indel_neighbours`.
        offsets: as in `indel_neighbours`.
        groups: as in `indel_neighbours`.
        reads: as in `indel_neighbours`.
        max_child_reads: as in `indel_neighbours`.
        hashes: polynomial hash of each sequence, shape (n,).
        abundant: number of sequences with enough reads to be parents; these are the first sequences.
        all_heads: first sequence of each bucket of the hash table of all sequences, see `_chains`.
        all_after: next sequence in the bucket after each sequence.
        abundant_heads: as `all_heads`, for the hash table of the first `abundant` sequences.
        abundant_after: as `all_after`, for the hash table of the first `abundant` sequences.
        power: powers of `_BASE` modulo `_PRIME`, shape (longest length + 1,).
        done: sequence to continue with.
        pairs: written from row `count` on, shape (capacity, 2).
        count: number of pairs written by earlier calls.

    Returns:
        `done` and `count` for the next call; `done` is n if all sequences are done.
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
