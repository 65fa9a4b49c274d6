"""Group UMIs by the directional method, and find UMIs that differ in one or two bases.

A UMI is packed in one integer: two bits a base, the last base in the lowest bits. All UMIs of a call have the same
length, at most 31 nt. UMIs of different targets (clonotypes or markers) are not compared.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U64, Bool

_LOW = (1 << 31) - 1
_FACTORS = (0x6C8E9CF5, 0x5BD1E995, 0x7F4A7C15)  # odd and below 2^31: a product with 31 bits fits into an int64


@njit
def _slot(umi: int, target: int, size: int) -> int:
    """Compute the slot of a UMI of a target in a hash table of `size` slots."""
    mixed = ((umi & _LOW) * _FACTORS[0]) ^ ((umi >> 31) * _FACTORS[1]) ^ ((target & _LOW) * _FACTORS[2])
    mixed ^= mixed >> 32
    return (mixed ^ (mixed >> 15)) & (size - 1)


@njit
def _table(umis: I64, targets: I64) -> I64:
    """Build an open-addressing hash table of UMIs.

    Args:
        umis: packed, distinct within a target, shape (n,).
        targets: target of each UMI, shape (n,).

    Returns:
        Index of the UMI in each slot, -1 in an empty slot. The number of slots is a power of two, at least 2 n.
    """
    size = 16
    while size < 2 * len(umis):
        size *= 2
    slots = np.full(size, -1, dtype=np.int64)
    for i in range(len(umis)):
        slot = _slot(umis[i], targets[i], size)
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = i
    return slots


@njit
def _lookup(umi: int, target: int, slots: I64, umis: I64, targets: I64) -> int:
    """Look up the index of a UMI of a target in the hash table `slots`; -1 if the table does not contain this UMI."""
    slot = _slot(umi, target, len(slots))
    while slots[slot] >= 0:
        index = int(slots[slot])
        if umis[index] == umi and targets[index] == target:
            return index
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@njit
def directional_groups(umis: U64, reads: I64, targets: I64, length: int) -> I64:
    """Group the UMIs of each target by the directional method.

    METHOD: directional adjacency (Smith et al. 2017, doi:10.1101/gr.209601.116). UMIs are visited by falling number of
    reads. A UMI that is in no group yet becomes the head of a new group. UMI A of a group adds to this group each UMI B
    that differs in one base and is in no group yet, if reads(A) >= 2 reads(B) - 1. UMI B adds further UMIs in the same
    way. The 3 * `length` UMIs that differ from a UMI in one base are looked up in a hash table.

    Args:
        umis: packed, distinct within a target, by falling number of reads, shape (n,).
        reads: number of reads of each UMI, shape (n,).
        targets: target of each UMI, an integer of 0 or more, shape (n,).
        length: length of a UMI [nt].

    Returns:
        Index of the head of the group of each UMI, shape (n,). The head of a group has its own index.
    """
    keys = umis.astype(np.int64)
    slots = _table(keys, targets)
    heads = np.full(len(keys), -1, dtype=np.int64)
    queue = np.empty(len(keys), dtype=np.int64)
    for head in range(len(keys)):
        if heads[head] >= 0:
            continue
        heads[head] = head
        queue[0] = head
        first = 0
        last = 1
        while first < last:
            member = queue[first]
            first += 1
            for shift in range(0, 2 * length, 2):
                for change in range(1, 4):
                    near = _lookup(keys[member] ^ (change << shift), targets[member], slots, keys, targets)
                    if near >= 0 and heads[near] < 0 and reads[member] >= 2 * reads[near] - 1:
                        heads[near] = head
                        queue[last] = near
                        last += 1
    return heads


@njit
def _append(pairs: I64, count: int, earlier: int, later: int) -> I64:
    """Write a pair after the first `count` pairs; return the array, or a larger copy of the array if it was full."""
    if count == len(pairs):
        larger = np.empty((2 * count, 2), dtype=np.int64)
        larger[:count] = pairs
        pairs = larger
    pairs[count, 0], pairs[count, 1] = earlier, later
    return pairs


@njit
def pairs_one_apart(umis: U64, targets: I64, length: int) -> I64:
    """Find pairs of UMIs of one target that differ in one base.

    Args:
        umis: packed, distinct within a target, shape (n,).
        targets: target of each UMI, an integer of 0 or more, shape (n,).
        length: length of a UMI [nt].

    Returns:
        Lower index and higher index of each pair, shape (pairs, 2), sorted by the higher index. Each pair occurs once.
    """
    keys = umis.astype(np.int64)
    slots = _table(keys, targets)
    pairs = np.empty((1024, 2), dtype=np.int64)
    count = 0
    for i in range(len(keys)):
        for shift in range(0, 2 * length, 2):
            for change in range(1, 4):
                near = _lookup(keys[i] ^ (change << shift), targets[i], slots, keys, targets)
                if 0 <= near < i:
                    pairs = _append(pairs, count, near, i)
                    count += 1
    return pairs[:count].copy()


@njit
def pairs_two_apart(umis: U64, targets: I64, chosen: Bool, length: int) -> I64:
    """Find pairs of UMIs of one target that differ in two bases, for some of the UMIs.

    Args:
        umis: packed, distinct within a target, shape (n,).
        targets: target of each UMI, an integer of 0 or more, shape (n,).
        chosen: True for each UMI to compare with the UMIs of lower index, shape (n,).
        length: length of a UMI [nt].

    Returns:
        Lower index and higher index of each pair, shape (pairs, 2), sorted by the higher index. Each pair occurs once.
    """
    keys = umis.astype(np.int64)
    slots = _table(keys, targets)
    pairs = np.empty((1024, 2), dtype=np.int64)
    count = 0
    for i in range(len(keys)):
        if not chosen[i]:
            continue
        for first in range(0, 2 * length, 2):
            for second in range(first + 2, 2 * length, 2):
                for change in range(9):
                    flip = ((1 + change // 3) << first) | ((1 + change % 3) << second)
                    near = _lookup(keys[i] ^ flip, targets[i], slots, keys, targets)
                    if 0 <= near < i:
                        pairs = _append(pairs, count, near, i)
                        count += 1
    return pairs[:count].copy()
