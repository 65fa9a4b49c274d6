"""Some rows of a ragged array, as a new one or put elsewhere."""

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


@njit
def scatter(values: U8, offsets: I64, rows: I64, places: I64, into: U8) -> None:
    """Copy rows of a ragged array to where each belongs.

    Args:
        values: of the ragged array.
        offsets: row i is ``values[offsets[i]:offsets[i + 1]]``.
        rows: that are copied.
        places: where each of them begins in `into`.
        into: written.
    """
    for i in range(len(rows)):
        source = values[offsets[rows[i]] : offsets[rows[i] + 1]]
        for j in range(len(source)):
            into[places[i] + j] = source[j]
