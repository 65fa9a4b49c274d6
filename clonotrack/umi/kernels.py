"""Unique molecular identifiers (UMIs) one or two bases apart: neighbours by hash, and directional groups.

A UMI is packed into 2 bits a base, the last base lowest; all have one length of at most 31 nt. UMIs of different
targets (clonotypes, markers) are not compared.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U64, Bool

_LOW = (1 << 31) - 1
_FACTORS = (0x6C8E9CF5, 0x5BD1E995, 0x7F4A7C15)  # odd and below 2^31: products of 31 bits stay inside an int64


@njit
def _slot(umi: int, target: int, size: int) -> int:
    mixed = ((umi & _LOW) * _FACTORS[0]) ^ ((umi >> 31) * _FACTORS[1]) ^ ((target & _LOW) * _FACTORS[2])
    mixed ^= mixed >> 32
    return (mixed ^ (mixed >> 15)) & (size - 1)


@njit
def _table(umis: I64, targets: I64) -> I64:
    """Hash table of open addresses: index of the UMI in each slot, -1 where there is none."""
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
def _find(umi: int, target: int, slots: I64, umis: I64, targets: I64) -> int:
    """Index of a UMI of a target, -1 where it was not seen."""
    slot = _slot(umi, target, len(slots))
    while slots[slot] >= 0:
        found = int(slots[slot])
        if umis[found] == umi and targets[found] == target:
            return found
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@njit
def group_umis(umis: U64, counts: I64, targets: I64, length: int) -> I64:
    """Group the UMIs of each target by the directional method.

    METHOD: directional adjacency (Smith et al. 2017, doi:10.1101/gr.209601.116): from the UMI with most reads on, a
    UMI takes in every UMI one base away that is in no group yet and of whose reads it has at least twice as many less
    one; those taken in take in others alike. Neighbours are looked up: 3 * `length` a UMI.

    Args:
        umis: packed, distinct within a target, by falling `counts`, shape (n,).
        counts: reads of each, shape (n,).
        targets: not negative, shape (n,).
        length: bases of a UMI.

    Returns:
        Index of the head of each UMI's group; its own for a head. Shape (n,).
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
            node = queue[first]
            first += 1
            for shift in range(0, 2 * length, 2):
                for change in range(1, 4):
                    other = _find(keys[node] ^ (change << shift), targets[node], slots, keys, targets)
                    if other >= 0 and heads[other] < 0 and counts[node] >= 2 * counts[other] - 1:
                        heads[other] = head
                        queue[last] = other
                        last += 1
    return heads


@njit
def _added(pairs: I64, count: int, earlier: int, later: int) -> I64:
    """The pairs with one more behind the first `count`, in an array twice as long where they fill theirs."""
    if count == len(pairs):
        larger = np.empty((2 * count, 2), dtype=np.int64)
        larger[:count] = pairs
        pairs = larger
    pairs[count, 0], pairs[count, 1] = earlier, later
    return pairs


@njit
def one_apart(umis: U64, targets: I64, length: int) -> I64:
    """Pairs of UMIs of one target that differ in one base.

    Args:
        umis: packed, distinct within a target, shape (n,).
        targets: not negative, shape (n,).
        length: bases of a UMI.

    Returns:
        Rows of (earlier, later), each pair once, by rising later.
    """
    keys = umis.astype(np.int64)
    slots = _table(keys, targets)
    pairs = np.empty((1024, 2), dtype=np.int64)
    count = 0
    for i in range(len(keys)):
        for shift in range(0, 2 * length, 2):
            for change in range(1, 4):
                other = _find(keys[i] ^ (change << shift), targets[i], slots, keys, targets)
                if 0 <= other < i:
                    pairs = _added(pairs, count, other, i)
                    count += 1
    return pairs[:count].copy()


@njit
def two_apart(umis: U64, targets: I64, chosen: Bool, length: int) -> I64:
    """Pairs of UMIs of one target that differ in two bases, the later of which is `chosen`.

    Args:
        umis: packed, distinct within a target, shape (n,).
        targets: not negative, shape (n,).
        chosen: UMIs whose earlier relatives are asked for, shape (n,).
        length: bases of a UMI.

    Returns:
        Rows of (earlier, later), each pair once, by rising later.
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
                    other = _find(keys[i] ^ flip, targets[i], slots, keys, targets)
                    if 0 <= other < i:
                        pairs = _added(pairs, count, other, i)
                        count += 1
    return pairs[:count].copy()
