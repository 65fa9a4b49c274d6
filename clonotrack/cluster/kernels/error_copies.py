"""Score candidate pairs of parent and error copy, and follow each copy to its clonotype."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I64, U8, Bool


def pair_probabilities(codes: U8, offsets: I64, scores: U8, pairs: I64, probabilities: F64) -> F64:
    """Compute the probability that a read of the parent is read as the child.

    It is the product over the bases in which the two differ.

    Args:
        codes: bases of all sequences.
        offsets: shape (n + 1,).
        scores: Phred score of each base, shape of `codes`.
        pairs: (parent, child, ..) of equal length, shape (m, 2 or more).
        probabilities: of one particular substitution at a base of each Phred score, shape (256,).

    Returns:
        Shape (m,).
    """
    result = np.ones(pairs.shape[0], dtype=np.float64)
    _pair_probabilities(codes, offsets, scores, np.ascontiguousarray(pairs), probabilities, result)
    return result


@leaf
def _pair_probabilities(codes: U8, offsets: I64, scores: U8, pairs: I64, probabilities: F64, result: F64) -> None:
    """Write the probabilities; see `pair_probabilities`."""
    for i in range(pairs.shape[0]):
        parent = offsets[pairs[i, 0]]
        child = offsets[pairs[i, 1]]
        for k in range(offsets[pairs[i, 1] + 1] - child):
            if codes[parent + k] != codes[child + k]:
                result[i] *= probabilities[scores[child + k]]


def find_roots(pairs: I64, parent_may_be_copy: Bool, n: int) -> I64:
    """Find the clonotype of each sequence: follow copies of copies to a sequence that is no copy.

    Args:
        pairs: (parent, child), parent < child, by rising child, the best parent of a child first, shape (m, 2).
        parent_may_be_copy: whether the pair also counts if the parent is itself a copy, shape (m,).
        n: number of sequences.

    Returns:
        Index of the clonotype's sequence, shape (n,). A sequence that is no copy has its own index.
    """
    root = np.arange(n)
    _find_roots(np.ascontiguousarray(pairs), parent_may_be_copy, root)
    return root


@leaf
def _find_roots(pairs: I64, parent_may_be_copy: Bool, root: I64) -> None:
    """Write the clonotype's sequence of each sequence; see `find_roots`."""
    for i in range(pairs.shape[0]):
        parent = pairs[i, 0]
        child = pairs[i, 1]
        if root[child] == child and (parent_may_be_copy[i] or root[parent] == parent):
            root[child] = root[parent]
