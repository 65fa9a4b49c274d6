"""Count the bases of a read that each allele of a group matches, for all alleles at once.

Comparing one allele after another spends most of its time on starting each comparison. Instead, `Segments.profile`
has a row of 0 and 1 for each position and base: 1 for the alleles that have this base there. The rows that belong to
the bases of a read are added up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I64, U8

BASE_CODES = 5
# Largest number of rows whose sum fits into a byte (a multiple of 4).
MAX_BYTE_ROWS = 252


@leaf
def count_profile(
    read: U8, start: int, end: int, group: Any, profile: U8, position: int, byte_counts: U8, matches: I64
) -> None:
    """Count the matches of every allele of a group with the bases ``start:end`` of a read.

    Args:
        read: codes of the read.
        start: first base.
        end: base after the last.
        group: the group, a record of dtype `GROUP`.
        profile: see `Segments`.
        position: base of the read on which the origins of the group lie.
        byte_counts: scratch, shape (at least the group's width,).
        matches: output, shape (at least the group's width,); elements beyond the group's alleles become 0.
    """
    width = group["width"]
    lowest = position + group["lowest"]
    at = max(start, lowest)
    last = min(end, lowest + group["positions"])
    block = profile[group["row"] :]
    byte_counts = byte_counts[:width]
    matches = matches[:width]
    for m in range(width):
        matches[m] = 0
    while at < last:
        stop = min(last, at + MAX_BYTE_ROWS)
        for m in range(width):
            byte_counts[m] = 0
        while at + 4 <= stop:
            row = (at - lowest) * BASE_CODES
            step = BASE_CODES
            a = (row + int(read[at])) * width
            b = (row + step + int(read[at + 1])) * width
            c = (row + 2 * step + int(read[at + 2])) * width
            d = (row + 3 * step + int(read[at + 3])) * width
            row_a, row_b, row_c, row_d = (
                block[a : a + width],
                block[b : b + width],
                block[c : c + width],
                block[d : d + width],
            )
            for m in range(width):
                two = np.uint8(row_a[m] + row_b[m])
                more = np.uint8(row_c[m] + row_d[m])
                byte_counts[m] = np.uint8(byte_counts[m] + np.uint8(two + more))
            at += 4
        while at < stop:
            a = ((at - lowest) * BASE_CODES + int(read[at])) * width
            row_a = block[a : a + width]
            for m in range(width):
                byte_counts[m] = np.uint8(byte_counts[m] + row_a[m])
            at += 1
        for m in range(width):
            matches[m] += byte_counts[m]
