"""Add 64-bit hashes to a set that is kept in one array.

The array is an open-addressing hash table: a hash whose own slot is taken is written to the next free slot.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import U64, Bool

EMPTY = 0
"""Value of an empty slot, so no hash may have this value."""


def add_hashes(hashes: U64, slots: U64) -> Bool:
    """Add hashes to a set and report which of the hashes the set already contained.

    Args:
        hashes: shape (n,); no hash is `EMPTY`.
        slots: the set, changed in place. The number of slots is a power of two and larger than the number of hashes in
            the set after the call.

    Returns:
        Shape (n,); True if the set contained the hash before the call, or if an earlier hash of `hashes` is equal.
    """
    contained = np.zeros(len(hashes), dtype=np.bool_)
    _add_hashes(hashes, slots, contained)
    return contained


@leaf
def _add_hashes(hashes: U64, slots: U64, contained: Bool) -> None:
    """Add hashes and write whether the set contained each; see `add_hashes`."""
    mask = np.uint64(len(slots) - 1)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        while slots[slot] != EMPTY and slots[slot] != hashes[i]:
            slot = (slot + np.uint64(1)) & mask
        contained[i] = slots[slot] == hashes[i]
        slots[slot] = hashes[i]
