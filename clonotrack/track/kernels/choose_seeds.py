"""Choose the seeds of each target: the cheapest set without overlap."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I64


def choose_seeds(cost: F64, offsets: I64, edits: I64, length: int) -> I64:
    """Choose the cheapest `edits` + 1 seeds of every target that do not overlap, by dynamic programming.

    Every such set of seeds finds all hits. The cheapest set consists of seeds that few reads of other cells contain.

    Args:
        cost: of the seed that begins at each base, targets one after another; the last `length` - 1 of a target are
            not read.
        offsets: of the targets, shape (targets + 1,).
        edits: shape (targets,); every target has room for ``edits + 1`` seeds.
        length: of a seed [nt].

    Returns:
        First base of each seed in its target, in order, all targets one after another. Of sets with equal cost, the
        one is chosen whose last seed begins first, then the one before it, and so on.
    """
    chosen = np.zeros(int(edits.sum()) + len(edits), np.int64)
    shape = int(edits.max(initial=0)) + 2, int(np.diff(offsets).max(initial=0)) + 1
    _choose_seeds(cost, offsets, edits, length, np.empty(shape), chosen)
    return chosen


@leaf
def _choose_seeds(cost: F64, offsets: I64, edits: I64, length: int, least: F64, chosen: I64) -> None:
    """Write the seeds; `least` is scratch for the most seeds of the longest target; see `choose_seeds`."""
    used = 0
    for target in range(len(edits)):
        size = offsets[target + 1] - offsets[target]
        count = edits[target] + 1
        for seed in range(count + 1):  # least cost of the first seeds within the first bases
            for end in range(size + 1):
                least[seed, end] = np.inf if seed else 0.0
        for seed in range(1, count + 1):
            for end in range(seed * length, size + 1):
                taken = least[seed - 1, end - length] + cost[offsets[target] + end - length]
                least[seed, end] = min(least[seed, end - 1], taken)
        end = size
        for seed in range(count, 0, -1):
            while end > seed * length and least[seed, end - 1] == least[seed, end]:
                end -= 1
            end -= length
            chosen[used + seed - 1] = end
        used += count
