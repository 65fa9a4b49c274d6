"""Expected errors of reads, from their Phred scores."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8

UNIT = 10**9
"""Expected errors are counted in billionths: sums of whole numbers do not depend on their order."""

ERRORS: I64 = np.rint(UNIT * 10.0 ** (-np.arange(256) / 10)).astype(np.int64)
"""Billionths of an error at each Phred score."""


@njit
def expected_errors(scores: U8, offsets: I64) -> I64:
    """Sum of the error probabilities of each read.

    METHOD: the expected number of errors of a read is the sum of 10^(-Q/10) over its bases (Edgar & Flyvbjerg 2015,
    doi:10.1093/bioinformatics/btv401).

    Args:
        scores: Phred scores of all reads.
        offsets: read i has ``scores[offsets[i]:offsets[i + 1]]``.

    Returns:
        Billionths of an error, shape (reads,).
    """
    sums = np.zeros(len(offsets) - 1, dtype=np.int64)
    for i in range(len(sums)):
        read = scores[offsets[i] : offsets[i + 1]]
        total = 0
        for j in range(len(read)):
            total += ERRORS[read[j]]
        sums[i] = total
    return sums
