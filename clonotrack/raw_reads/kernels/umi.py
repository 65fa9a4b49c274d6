"""Extract UMIs from bases at the 5' end of reads, and from the text of read names and tags."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import ENCODE, I64, U8, U64, Bool, N

COLON, UNDERSCORE, PLUS, MINUS = (ord(character) for character in ":_+-")
MAX_UMI_LENGTH = 31
"""Longest UMI [nt]: with two bits a base it fits into one 64-bit integer."""


@njit
def umis_from_bases(codes: U8, offsets: I64, masks: U8, is_umi: Bool, groups: I64, limits: I64) -> tuple[U64, Bool]:
    """Match a UMI pattern to the 5' end of each read and extract the UMI.

    Args:
        codes: bases of all reads.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        masks: bases allowed at each position of the pattern: the sum of ``1 << code`` over these bases, shape
            (positions,).
        is_umi: whether each position belongs to the UMI, shape (positions,). Such a position must not allow N.
        groups: group of each position, in rising order, shape (positions,). Mismatches are counted by group.
        limits: mismatches allowed in each group, shape (groups,).

    Returns:
        UMIs, shape (n,): two bits a base, the first base in the highest bits, 0 for a read that does not match the
        pattern. Then whether each read matches the pattern, shape (n,).
    """
    count = len(offsets) - 1
    umis = np.zeros(count, dtype=np.uint64)
    matches = np.zeros(count, dtype=np.bool_)
    for i in range(count):
        first = offsets[i]
        if offsets[i + 1] - first < len(masks):
            continue
        umi = np.uint64(0)
        good = True
        mismatches = 0
        for position in range(len(masks)):
            if position > 0 and groups[position] != groups[position - 1]:
                mismatches = 0
            code = codes[first + position]
            if (np.int64(masks[position]) >> np.int64(code)) & 1 == 0:
                mismatches += 1
                if mismatches > limits[groups[position]]:
                    good = False
                    break
            if is_umi[position]:
                umi = (umi << np.uint64(2)) | np.uint64(code)
        if good:
            umis[i] = umi
            matches[i] = True
    return umis, matches


@njit
def umis_from_text(text: U8, offsets: I64, last_field: bool) -> tuple[U64, I64]:
    """Parse the UMI of each fragment from a text: a read name or a SAM tag.

    A UMI consists of A, C, G and T (or U, of either case). ``+`` and ``-`` after its first base are skipped.

    Args:
        text: characters of all texts.
        offsets: text i is ``text[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        last_field: True if the UMI is the part after the last ``:`` or ``_``; False if it is the whole text.

    Returns:
        UMIs, shape (n,): two bits a base, the first base in the highest bits. Then the length of each UMI [nt], shape
        (n,). Both are 0 if the text has no such part, another character in it, or more than 31 bases.
    """
    count = len(offsets) - 1
    umis, lengths = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.int64)
    for i in range(count):
        start = offsets[i]
        if last_field:
            start = offsets[i + 1]
            while start > offsets[i] and text[start - 1] != COLON and text[start - 1] != UNDERSCORE:
                start -= 1
            if start == offsets[i]:
                continue
        umi = np.uint64(0)
        length = 0
        for j in range(start, offsets[i + 1]):
            character = text[j]
            if character in (PLUS, MINUS) and length > 0:
                continue
            code = ENCODE[character]
            if code == N or length == MAX_UMI_LENGTH:
                length = 0
                break
            umi = (umi << np.uint64(2)) | np.uint64(code)
            length += 1
        if length > 0:
            umis[i] = umi
            lengths[i] = length
    return umis, lengths
