"""Score candidate pairs of parent and error copy, and follow each copy to its clonotype."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import F64, I64, U8, Bool


def pair_probabilities(codes: U8, offsets: I64, scores: U8, pairs: I64, probabilities: F64) -> F64:
    """Compute, for each pair, the probability that sequencing errors turn a read of the parent into the child.

    The probability is the product of the substitution probabilities at the bases in which parent and child differ.

    Args:
        codes: bases of all sequences.
        offsets: sequence i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        scores: Phred score of each base, shape of `codes`. The scores of the child are used.
        pairs: index of the parent, then of the child, in the first two columns, shape (m, 2 or more). Parent and child
            have equal lengths.
        probabilities: probability of one particular substitution at a base, by Phred score, shape (256,).

    Returns:
        Probability of each pair, shape (m,).
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
    """Find the clonotype of each sequence: follow copies of copies to a sequence that is no error copy.

    Args:
        pairs: index of the parent, then of its error copy, the child, shape (m, 2). The parent has the lower index.
            Rows are sorted by child; the best parent of a child comes first.
        parent_may_be_copy: whether the pair also counts if the parent is itself an error copy, shape (m,).
        n: number of sequences.

    Returns:
        Index of the sequence of the clonotype of each sequence, shape (n,). A sequence that is no error copy has its
        own index.
    """
    root = np.arange(n)
    _find_roots(np.ascontiguousarray(pairs), parent_may_be_copy, root)
    return root


@leaf
def _find_roots(pairs: I64, parent_may_be_copy: Bool, root: I64) -> None:
    """Write the index of the clonotype's sequence for each sequence; see `find_roots`."""
    for i in range(pairs.shape[0]):
        parent = pairs[i, 0]
        child = pairs[i, 1]
        if root[child] == child and (parent_may_be_copy[i] or root[parent] == parent):
            root[child] = root[parent]
