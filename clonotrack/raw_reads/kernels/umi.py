"""UMIs from the 5' end of reads, by a pattern of fixed positions.

UMIs spelled with letters, in names of reads and in tags.
"""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import ENCODE, I64, U8, U64, Bool, N


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


COLON, UNDERSCORE, PLUS, MINUS = 58, 95, 43, 45
LONGEST = 31


@njit
def spelled_umis(letters: U8, offsets: I64, last_field: bool) -> tuple[U64, I64]:
    """UMI of each text, packed two bits a base, the first highest.

    Args:
        letters: of all texts.
        offsets: text i is ``letters[offsets[i]:offsets[i + 1]]``.
        last_field: the UMI is what stands behind the last ``:`` or ``_``, not the whole text.

    Returns:
        UMIs, and their lengths: 0 where a text is none, because it is empty, has no such field, holds anything else
        than A, C, G, T (and ``+`` or ``-`` between two UMIs), or more than 31 bases. Such a UMI is 0.
    """
    count = len(offsets) - 1
    umis, lengths = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.int64)
    for i in range(count):
        start = offsets[i]
        if last_field:
            start = offsets[i + 1]
            while start > offsets[i] and letters[start - 1] != COLON and letters[start - 1] != UNDERSCORE:
                start -= 1
            if start == offsets[i]:
                continue
        umi = np.uint64(0)
        length = 0
        for j in range(start, offsets[i + 1]):
            letter = letters[j]
            if letter in (PLUS, MINUS) and length > 0:
                continue
            code = ENCODE[letter]
            if code == N or length == LONGEST:
                length = 0
                break
            umi = (umi << np.uint64(2)) | np.uint64(code)
            length += 1
        if length > 0:
            umis[i] = umi
            lengths[i] = length
    return umis, lengths
