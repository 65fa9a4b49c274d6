"""Find the primer at the 5' end of each read."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8

NO_PRIMER = -1


@njit
def find_primers(codes: U8, offsets: I64, masks: U8, primer_offsets: I64, allowed: I64, reach: int) -> tuple[I64, I64]:
    """Find the primer that each read begins with.

    If several primers match, the primer with the fewest mismatches is taken. Of equal mismatches the longest primer is
    taken, then the primer nearest to the 5' end of the read, then the first primer of the list.

    Args:
        codes: bases of all reads. A base N of a read matches only a primer base N.
        offsets: read i is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        masks: read bases that each primer base matches: the sum of ``1 << code`` over these bases, 31 for N.
        primer_offsets: primer p is ``masks[primer_offsets[p]:primer_offsets[p + 1]]``, shape (primers + 1,).
        allowed: mismatches allowed for each primer, shape (primers,).
        reach: most bases of a read before its primer [nt].

    Returns:
        Index of the primer of each read, `NO_PRIMER` if no primer matches, shape (n,). Then the position in each read
        after its primer, 0 if no primer matches, shape (n,).
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
