"""How many bases of a read every allele of a group matches, counted for all of them at once.

An allele by allele comparison spends most of its time on getting started. Here a row says for each place (counted from
the group's common coordinate) and base which alleles have that base there, and the rows of a read are added up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clonotrack.kernels.jit import leaf
from clonotrack.sequences import I64, U8

LETTERS = 5
# Rows that are added up in one byte.
AT_ONCE = 252


class Profile(NamedTuple):
    """Which alleles have which base where.

    Attributes:
        has: 1 where an allele has a base: member m of group g at place p has base b where
            ``has[starts[g] + ((p - first[g]) * LETTERS + b) * width[g] + m]`` is set.
        starts: shape (groups,), as the others.
        first: lowest place of the group, counted from its common coordinate.
        places: how many there are.
        width: of a row; at least the group's alleles.
    """

    has: U8
    starts: I64
    first: I64
    places: I64
    width: I64


@leaf
def count_profile(
    read: U8, start: int, end: int, profile: Profile, group: int, place: int, few: U8, matches: I64
) -> None:
    """Matches of every allele of a group whose common coordinate lies at `place`, on the bases ``start:end`` of a read.

    Args:
        read: codes of the read.
        start: first base.
        end: the base behind the last.
        profile: of the alleles.
        group: the group.
        place: of its common coordinate on the read.
        few: scratch, as wide as the widest group.
        matches: written, for each member of the group and its row's rest.
    """
    width = profile.width[group]
    lowest = place + profile.first[group]
    at = max(start, lowest)
    last = min(end, lowest + profile.places[group])
    block = profile.has[profile.starts[group] :]
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
