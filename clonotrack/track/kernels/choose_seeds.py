"""Which pieces of a target the first filter looks for."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64, I64


@njit
def choose_pieces(cost: F64, offsets: I64, edits: I64, size: int) -> I64:
    """The cheapest `edits` + 1 pieces without overlap of every target.

    Any such pieces lose nothing; the cheapest are those that reads of other cells hold least.

    Args:
        cost: of a piece that begins at each base, targets one after the other; the last `size` - 1 of a target are
            not looked at.
        offsets: shape (targets + 1,).
        edits: shape (targets,); a target has room for ``edits + 1`` pieces.
        size: of a piece [nt].

    Returns:
        First bases of the pieces in their target, in order, those of all targets one after the other; of equally
        cheap choices the one whose last piece, then the one before it, and so on, begins first.
    """
    chosen = np.zeros(int(np.sum(edits)) + len(edits), np.int64)
    used = 0
    for target in range(len(edits)):
        length = offsets[target + 1] - offsets[target]
        count = edits[target] + 1
        least = np.full((count + 1, length + 1), np.inf)  # of the first pieces within the first bases
        least[0] = 0.0
        for piece in range(1, count + 1):
            for end in range(piece * size, length + 1):
                taken = least[piece - 1, end - size] + cost[offsets[target] + end - size]
                least[piece, end] = min(least[piece, end - 1], taken)
        end = length
        for piece in range(count, 0, -1):
            while end > piece * size and least[piece, end - 1] == least[piece, end]:
                end -= 1
            end -= size
            chosen[used + piece - 1] = end
        used += count
    return chosen
