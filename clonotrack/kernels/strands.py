"""Reads on the other strand."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import COMPLEMENT, I64, U8, Bool


@njit
def turned(codes: U8, scores: U8, offsets: I64, reverse: Bool) -> tuple[U8, U8]:
    """Reverse complement of the reads where `reverse` is set, their scores in that order; the others as they are.

    Args:
        codes: bases of all reads.
        scores: their Phred scores.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, here and in what is given back.
        reverse: of each read.
    """
    bases, qualities = np.empty_like(codes), np.empty_like(scores)
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        for j in range(end - start):
            source = end - 1 - j if reverse[i] else start + j
            bases[start + j] = COMPLEMENT[codes[source]] if reverse[i] else codes[source]
            qualities[start + j] = scores[source]
    return bases, qualities
