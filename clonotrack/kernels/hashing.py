"""An open-addressing set of 64-bit hashes, in one array."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import U64, Bool

EMPTY = 0
"""Value of a slot without a hash."""


def add_hashes(hashes: U64, slots: U64) -> Bool:
    """Add hashes to a set and report which of them it contained before.

    Args:
        hashes: shape (n,); none is `EMPTY`.
        slots: the set, changed in place; its length is a power of two and has room for all hashes.

    Returns:
        Shape (n,); whether the set contained each hash, an earlier one of `hashes` included.
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
