"""Some rows of a ragged array, as a new one."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8, Bool


@njit
def select(values: U8, offsets: I64, keep: Bool) -> tuple[U8, I64]:
    """Rows of a ragged array where `keep` is set, in order: their values and offsets."""
    kept = np.zeros(keep.sum() + 1, dtype=np.int64)
    rows = total = 0
    for i in range(len(keep)):
        if keep[i]:
            total += offsets[i + 1] - offsets[i]
            rows += 1
            kept[rows] = total
    selected = np.empty(total, dtype=np.uint8)
    rows = 0
    for i in range(len(keep)):
        if keep[i]:
            source, target = values[offsets[i] : offsets[i + 1]], selected[kept[rows] : kept[rows + 1]]
            for j in range(len(target)):
                target[j] = source[j]
            rows += 1
    return selected, kept
