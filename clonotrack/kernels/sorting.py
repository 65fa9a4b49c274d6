"""Stable order of whole numbers, fast to run and to compile."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64

_BITS = 11


@njit
def stable_order(keys: I64) -> I64:
    """Indices that sort non-negative keys, equal keys in their given order; radix sort, shape (n,)."""
    order = np.arange(len(keys))
    sorted_order = np.empty(len(keys), dtype=np.int64)
    top = np.max(keys) if len(keys) else 0
    shift = 0
    while top >> shift:
        starts = np.zeros((1 << _BITS) + 1, dtype=np.int64)
        for key in keys:
            starts[((key >> shift) & ((1 << _BITS) - 1)) + 1] += 1
        for digit in range(1 << _BITS):
            starts[digit + 1] += starts[digit]
        for i in order:
            digit = (keys[i] >> shift) & ((1 << _BITS) - 1)
            sorted_order[starts[digit]] = i
            starts[digit] += 1
        order, sorted_order = sorted_order, order
        shift += _BITS
    return order
