"""How many bases of a read every allele of a group matches, counted for all of them at once.

An allele by allele comparison spends most of its time on getting started. Here a row says for each place (counted from
the group's common coordinate) and base which alleles have that base there, and the rows of a read are added up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I64, U8

LETTERS = 5
# Rows that are added up in one byte.
AT_ONCE = 252


@leaf
def count_profile(read: U8, start: int, end: int, group: Any, has: U8, place: int, few: U8, matches: I64) -> None:
    """Matches of every allele of a group whose common coordinate lies at `place`, on the bases ``start:end`` of a read.

    Args:
        read: codes of the read.
        start: first base.
        end: the base behind the last.
        group: the group, of dtype `GROUP`.
        has: of the alleles, see `Segments`.
        place: of its common coordinate on the read.
        few: scratch, as wide as the widest group.
        matches: written, for each member of the group and its row's rest.
    """
    width = group["width"]
    lowest = place + group["lowest"]
    at = max(start, lowest)
    last = min(end, lowest + group["places"])
    block = has[group["row"] :]
    few = few[:width]
    matches = matches[:width]
    for m in range(width):
        matches[m] = 0
    while at < last:
        stop = min(last, at + AT_ONCE)
        for m in range(width):
            few[m] = 0
        while at + 4 <= stop:
            row = (at - lowest) * LETTERS
            step = LETTERS
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
                few[m] = np.uint8(few[m] + np.uint8(two + more))
            at += 4
        while at < stop:
            a = ((at - lowest) * LETTERS + int(read[at])) * width
            row_a = block[a : a + width]
            for m in range(width):
                few[m] = np.uint8(few[m] + row_a[m])
            at += 1
        for m in range(width):
            matches[m] += few[m]
