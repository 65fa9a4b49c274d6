"""From candidate pairs of parent and error copy to the clonotype of each sequence."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import F64, I64, U8, Bool


@njit
def substitution_rates(codes: U8, offsets: I64, scores: U8, pairs: I64, rates: F64) -> F64:
    """Chance that a read of the parent is read as the child: the product over the bases in which they differ.

    Args:
        codes: bases of all sequences.
        offsets: shape (n + 1,).
        scores: Phred score of each base, shape of `codes`.
        pairs: (parent, child, ..) of equal length, shape (m, 2 or more).
        rates: chance of one certain substitution at a base of each score, shape (256,).

    Returns:
        Shape (m,).
    """
    result = np.ones(pairs.shape[0], dtype=np.float64)
    for i in range(pairs.shape[0]):
        parent = offsets[pairs[i, 0]]
        child = offsets[pairs[i, 1]]
        for k in range(offsets[pairs[i, 1] + 1] - child):
            if codes[parent + k] != codes[child + k]:
                result[i] *= rates[scores[child + k]]
    return result


@njit
def settle(pairs: I64, of_copies: Bool, n: int) -> I64:
    """The clonotype that each sequence is, in the end, a copy of.

    Args:
        pairs: (parent, child), parent < child, by rising child, the likeliest parent of a child first, shape (m, 2).
        of_copies: whether the pair holds also where the parent is itself a copy, shape (m,).
        n: sequences.

    Returns:
        Index of the clonotype; its own for a clonotype, shape (n,).
    """
    root = np.arange(n)
    for i in range(pairs.shape[0]):
        parent = pairs[i, 0]
        child = pairs[i, 1]
        if root[child] == child and (of_copies[i] or root[parent] == parent):
            root[child] = root[parent]
    return root
