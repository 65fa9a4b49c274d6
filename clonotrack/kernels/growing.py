"""Arrays of rows that grow as they are filled."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64


@njit
def grown(rows: I64, least: int) -> I64:
    """The same rows with room for `least`, twice as many or more."""
    larger = np.zeros((max(least, 2 * len(rows)), rows.shape[1]), np.int64)
    larger[: len(rows)] = rows
    return larger
