"""The profile of a germline: which alleles of each group have which base where, as the kernels count it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from clonotrack.kernels.profile import LETTERS, Profile
from clonotrack.sequence import I64, N, Ragged

# Rows are filled up to a multiple of this, so that machine words take them whole.
FULL_ROW = 32


def profile_of(ragged: Ragged, origin: I64, group_offsets: I64) -> Profile:
    """The profile of alleles.

    Args:
        ragged: their bases; any code above T is unknown.
        origin: the common coordinate in each allele.
        group_offsets: first allele of each group, shape (groups + 1,).
    """
    groups = list(pairwise(group_offsets.tolist()))
    lowest = np.array([-origin[first:last].max() for first, last in groups], dtype=np.int64)
    beyond = np.array([(ragged.lengths - origin)[first:last].max() for first, last in groups], dtype=np.int64)
    places = beyond - lowest
    width = -(-np.diff(group_offsets) // FULL_ROW) * FULL_ROW
    starts = np.zeros(len(groups) + 1, dtype=np.int64)
    np.cumsum(places * LETTERS * width, out=starts[1:])
    has = np.zeros(starts[-1], dtype=np.uint8)
    for group, (first, last) in enumerate(groups):
        for allele in range(first, last):
            codes = ragged[allele]
            known = np.flatnonzero(codes < N)
            rows = (known - origin[allele] - lowest[group]) * LETTERS + codes[known]
            has[starts[group] + rows * width[group] + allele - first] = 1
    return Profile(has, starts[:-1], lowest, places, width)
