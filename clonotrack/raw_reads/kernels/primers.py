"""Find the primer at the 5' end of each read."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8

NO_PRIMER = -1


@njit
def find_primers(codes: U8, offsets: I64, masks: U8, primer_offsets: I64, allowed: I64, reach: int) -> tuple[I64, I64]:
    """Find the primer that each read begins with.

    If several primers match, the one with the fewest mismatches is taken. Further ties go to the longest primer, then
    to the one nearest to the end of the read, then to the first in the list.

    Args:
        codes: bases of all reads; N matches only a primer base N.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        masks: bases that each primer base stands for, as bits (1 << code; all 31 for N).
        primer_offsets: primer p is ``masks[primer_offsets[p]:primer_offsets[p + 1]]``.
        allowed: mismatches that each primer allows, shape (primers,).
        reach: bases that may stand in front of a primer.

    Returns:
        Index of the primer of each read, `NO_PRIMER` for none, shape (n,); and the position behind it, 0 for none,
        shape (n,).
    """
    count = len(offsets) - 1
    found, ends = np.full(count, NO_PRIMER, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for i in range(count):
        read = codes[offsets[i] : offsets[i + 1]]
        fewest = longest = best_shift = 0
        for p in range(len(allowed)):
            primer = masks[primer_offsets[p] : primer_offsets[p + 1]]
            for shift in range(min(reach, len(read) - len(primer)) + 1):
                limit = allowed[p] if found[i] == NO_PRIMER else min(allowed[p], fewest)
                mismatches = 0
                for j in range(len(primer)):
                    if (np.int64(primer[j]) >> np.int64(read[shift + j])) & 1 == 0:
                        mismatches += 1
                        if mismatches > limit:
                            break
                if mismatches > limit:
                    continue
                better = found[i] == NO_PRIMER or mismatches < fewest or len(primer) > longest
                if better or (len(primer) == longest and shift < best_shift):
                    found[i], ends[i] = p, shift + len(primer)
                    fewest, longest, best_shift = mismatches, len(primer), shift
    return found, ends
