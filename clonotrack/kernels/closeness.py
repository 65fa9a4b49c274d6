"""How near one sequence comes to another anywhere in it, edits counted."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8


@njit
def edits_of_heads(part: U8, whole: U8) -> I64:
    """Fewest edits between the first m bases of `part` and any stretch of `whole`, one strand.

    METHOD: Sellers 1980, J Algorithms 1:359.

    Args:
        part: codes.
        whole: codes.

    Returns:
        shape (len(part) + 1,), by m; never falling.
    """
    above = np.zeros(len(whole) + 1, np.int64)
    least = np.zeros(len(part) + 1, np.int64)
    for i in range(1, len(part) + 1):
        diagonal = above[0]
        above[0] = i
        best = i
        for j in range(1, len(whole) + 1):
            here = min(diagonal + (part[i - 1] != whole[j - 1]), above[j] + 1, above[j - 1] + 1)
            diagonal = above[j]
            above[j] = here
            best = min(best, here)
        least[i] = best
    return least
