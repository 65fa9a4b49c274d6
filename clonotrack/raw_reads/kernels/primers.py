"""Primers at the 5' end of reads."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8

NO_PRIMER = -1


@njit
def find_primers(codes: U8, offsets: I64, masks: U8, primer_offsets: I64, allowed: I64, reach: int) -> tuple[I64, I64]:
    """The primer that each read begins with.

    Of several that fit, the one with the fewest mismatches; of these the longest, then the one nearest to the end,
    then the first.

    Args:
        codes: bases of all reads; N fits no primer base but N.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``.
        masks: bits of the bases that each primer base stands for (1 << code; N for all 31).
        primer_offsets: primer p is ``masks[primer_offsets[p]:primer_offsets[p + 1]]``.
        allowed: mismatches of each primer.
        reach: bases that may stand before a primer.

    Returns:
        Number of the primer, `NO_PRIMER` for none, and the first base behind it, 0 for none.
    """
    count = len(offsets) - 1
    found, ends = np.full(count, NO_PRIMER, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for i in range(count):
        read = codes[offsets[i] : offsets[i + 1]]
        fewest = longest = shift_of = 0
        for p in range(len(allowed)):
            primer = masks[primer_offsets[p] : primer_offsets[p + 1]]
            for shift in range(min(reach, len(read) - len(primer)) + 1):
                limit = allowed[p] if found[i] == NO_PRIMER else min(allowed[p], fewest)
                wrong = 0
                for j in range(len(primer)):
                    if (np.int64(primer[j]) >> np.int64(read[shift + j])) & 1 == 0:
                        wrong += 1
                        if wrong > limit:
                            break
                if wrong > limit:
                    continue
                better = found[i] == NO_PRIMER or wrong < fewest or len(primer) > longest
                if better or (len(primer) == longest and shift < shift_of):
                    found[i], ends[i] = p, shift + len(primer)
                    fewest, longest, shift_of = wrong, len(primer), shift
    return found, ends
