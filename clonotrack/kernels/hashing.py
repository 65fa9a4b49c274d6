"""Which names were met before: an open-addressing set of their hashes."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import U64, Bool

FREE = 0


@njit
def admit(hashes: U64, slots: U64) -> Bool:
    """Enter hashes into a set.

    Args:
        hashes: none is `FREE`.
        slots: the set, its length a power of two, `FREE` where nothing is; has room for all hashes.

    Returns:
        Whether each was there before.
    """
    mask = np.uint64(len(slots) - 1)
    known = np.zeros(len(hashes), dtype=np.bool_)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        while slots[slot] != FREE and slots[slot] != hashes[i]:
            slot = (slot + np.uint64(1)) & mask
        known[i] = slots[slot] == hashes[i]
        slots[slot] = hashes[i]
    return known
