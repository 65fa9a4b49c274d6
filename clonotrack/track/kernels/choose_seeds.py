"""Choose the seeds of each target: the set of non-overlapping seeds with the lowest cost."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I64


def choose_seeds(cost: F64, offsets: I64, edits: I64, length: int) -> I64:
    """Choose ``edits + 1`` non-overlapping seeds of each target with the lowest sum of costs, by dynamic programming.

    Any ``edits + 1`` seeds that do not overlap find all hits. The cost of a seed is lower if fewer reads of other cells
    contain the seed, so the chosen seeds give few candidates.

    Args:
        cost: cost of the seed that begins at each base, all targets one after another. The last ``length - 1`` elements
            of a target are not used.
        offsets: target t has the elements ``offsets[t]`` to ``offsets[t + 1] - 1`` of `cost`, shape (targets + 1,).
        edits: allowed edits of each target, shape (targets,). Each target has at least ``(edits + 1) * length`` bases.
        length: length of a seed [nt].

    Returns:
        0-based position of the first base of each seed in its target: the rising positions of the first target, then of
        the next target, and so on. Of sets with equal cost, the set whose last seed begins first is chosen, then the
        set whose second-last seed begins first, and so on.
    """
    chosen = np.zeros(int(edits.sum()) + len(edits), np.int64)
    shape = int(edits.max(initial=0)) + 2, int(np.diff(offsets).max(initial=0)) + 1
    _choose_seeds(cost, offsets, edits, length, np.empty(shape), chosen)
    return chosen


@leaf
def _choose_seeds(cost: F64, offsets: I64, edits: I64, length: int, least: F64, chosen: I64) -> None:
    """Write the seeds; `least` is scratch, shape (most seeds + 1, longest target + 1); see `choose_seeds`."""
    used = 0
    for target in range(len(edits)):
        size = offsets[target + 1] - offsets[target]
        count = edits[target] + 1
        for seed in range(count + 1):  # least[s, n]: lowest cost of s seeds within the first n bases of the target
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
