"""Names of mates, compared."""

from __future__ import annotations

from clonotrack.kernels.jit import njit
from clonotrack.kernels.letters import SPACE
from clonotrack.sequence import I64, U8

SLASH, ONE, TWO = 47, 49, 50


@njit
def disagreement(text_1: U8, names_1: I64, text_2: U8, names_2: I64) -> int:
    """Index of the first pair of names that are not those of mates, -1 where there is none.

    Mates have one name, or one name with ``/1`` and ``/2`` behind it. A name is a word: a space or control character
    stands behind it.

    Args:
        text_1: holds the first mates' names.
        names_1: their first letters.
        text_2: holds as many second mates' names.
        names_2: the same for them.
    """
    for i in range(len(names_1)):
        one, two = names_1[i], names_2[i]
        while text_1[one] == text_2[two] and text_1[one] > SPACE:
            one, two = one + 1, two + 1
        if text_1[one] <= SPACE and text_2[two] <= SPACE:
            continue
        numbered = one > names_1[i] and text_1[one] == ONE and text_2[two] == TWO and text_1[one - 1] == SLASH
        if not numbered or text_1[one + 1] > SPACE or text_2[two + 1] > SPACE:
            return i
    return -1
