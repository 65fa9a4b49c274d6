"""Names of mates, compared."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.sequence import I64, U8

SLASH, ONE, TWO = 47, 49, 50


@njit
def disagreement(names_1: U8, offsets_1: I64, names_2: U8, offsets_2: I64) -> int:
    """Index of the first pair of names that are not those of mates, -1 where there is none.

    Mates have one name, or one name with ``/1`` and ``/2`` behind it.

    Args:
        names_1: letters of the first mates' names.
        offsets_1: name i is ``names_1[offsets_1[i]:offsets_1[i + 1]]``.
        names_2: of as many second mates.
        offsets_2: the same for them.
    """
    for i in range(len(offsets_1) - 1):
        one, two = names_1[offsets_1[i] : offsets_1[i + 1]], names_2[offsets_2[i] : offsets_2[i + 1]]
        length = len(one)
        if length != len(two):
            return i
        differ = 0
        for j in range(length):
            differ += one[j] != two[j]
        if differ == 0:
            continue
        numbered = length > 1 and one[length - 2] == SLASH and one[length - 1] == ONE and two[length - 1] == TWO
        if differ > 1 or not numbered:
            return i
    return -1
