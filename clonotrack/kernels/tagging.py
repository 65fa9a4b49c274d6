"""UMIs from the 5' end of reads, by a pattern of fixed positions."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8, U64, Bool


@njit
def read_umis(codes: U8, offsets: I64, masks: U8, is_umi: Bool, groups: I64, limits: I64) -> tuple[U64, Bool]:
    """UMI of each read, and whether the read fits the pattern.

    Args:
        codes: bases of all reads.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``.
        masks: bits of the bases allowed at each position (1 << code).
        is_umi: whether a position belongs to the UMI; its mask allows no N.
        groups: group of each position, rising.
        limits: positions of each group that may differ.

    Returns:
        UMIs, two bits a base, the first base highest, 0 where the read does not fit; and which reads fit.
    """
    count = len(offsets) - 1
    umis = np.zeros(count, dtype=np.uint64)
    fits = np.zeros(count, dtype=np.bool_)
    for i in range(count):
        first = offsets[i]
        if offsets[i + 1] - first < len(masks):
            continue
        umi = np.uint64(0)
        good = True
        differ = 0
        for position in range(len(masks)):
            if position > 0 and groups[position] != groups[position - 1]:
                differ = 0
            code = codes[first + position]
            if (np.int64(masks[position]) >> np.int64(code)) & 1 == 0:
                differ += 1
                if differ > limits[groups[position]]:
                    good = False
                    break
            if is_umi[position]:
                umi = (umi << np.uint64(2)) | np.uint64(code)
        if good:
            umis[i] = umi
            fits[i] = True
    return umis, fits
