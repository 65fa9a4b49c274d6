"""Merge two overlapping mates into one sequence, and compute its qualities from the qualities of both mates."""

from __future__ import annotations

import numpy as np

from clonotrack.kernels.jit import njit
from clonotrack.sequences import I64, U8, N

MAX_MERGED_PHRED = 60
"""Highest Phred score of a merged base. Errors made before sequencing are in both mates, so agreement excludes none."""
MIN_MERGED_PHRED = 2
_SCORES = 94


def _posterior() -> tuple[U8, U8]:
    """Compute the Phred score of a merged base for each pair of Phred scores of the two mates.

    METHOD: posterior error probabilities of Edgar & Flyvbjerg 2015, doi:10.1093/bioinformatics/btv401. If the mates
    have different bases, the base with the higher score is taken, and the probability is that this base is wrong.

    Returns:
        Scores if both mates have the same base, shape (94, 94), and scores if the mates have different bases, shape
        (94, 94). Both are indexed by the score of the first mate and the score of the second mate.
    """
    error = np.minimum(10.0 ** (-np.arange(_SCORES) / 10), 0.75)
    x, y = np.minimum(error[:, None], error), np.maximum(error[:, None], error)
    agreed = x * y / 3 / (1 - x - y + 4 * x * y / 3)
    differing = x * (1 - y / 3) / (x + y - 4 * x * y / 3)
    scores = [
        np.rint(-10 * np.log10(p)).clip(MIN_MERGED_PHRED, MAX_MERGED_PHRED).astype(np.uint8)
        for p in (agreed, differing)
    ]
    return scores[0], scores[1]


AGREEING, DIFFERING = _posterior()


@njit
def merge_mates(
    codes_1: U8,
    scores_1: U8,
    offsets_1: I64,
    codes_2: U8,
    scores_2: U8,
    offsets_2: I64,
    fragment_lengths: I64,
    cycles: I64,
    phred: I64,
) -> tuple[U8, U8, I64]:
    """Merge each pair of mates into the sequence of its fragment.

    A pair without overlap gives the sequence of its first mate. If the mates differ at a base, the base with the higher
    score is taken, and of equal scores the base of the earlier sequencing cycle. Bases of a mate beyond the ends of the
    fragment are cut off.

    Args:
        codes_1: bases of the first mates.
        scores_1: Phred scores of the first mates.
        offsets_1: first mate i is ``codes_1[offsets_1[i]:offsets_1[i + 1]]``.
        codes_2: bases of the second mates, reversed and complemented.
        scores_2: Phred scores of the second mates, reversed.
        offsets_2: second mate i is ``codes_2[offsets_2[i]:offsets_2[i + 1]]``.
        fragment_lengths: length of each fragment [nt], from `find_overlaps`; 0 for no overlap.
        cycles: updated with the number of bases in overlaps and the number of errors in these bases, by mate and cycle;
            shape (2, cycles, 2). Later cycles are counted in the last one.
        phred: updated with the number of bases in overlaps and the number of errors in these bases, by Phred score;
            shape (94, 2).

    Returns:
        Bases, Phred scores and offsets of the merged sequences.
    """
    count = len(offsets_1) - 1
    offsets = np.zeros(count + 1, dtype=np.int64)
    for i in range(count):
        offsets[i + 1] = offsets[i] + (fragment_lengths[i] if fragment_lengths[i] else offsets_1[i + 1] - offsets_1[i])
    codes, scores = np.empty(offsets[count], dtype=np.uint8), np.empty(offsets[count], dtype=np.uint8)
    last = cycles.shape[1] - 1
    for i in range(count):
        one, two = codes_1[offsets_1[i] : offsets_1[i + 1]], codes_2[offsets_2[i] : offsets_2[i + 1]]
        phred_1, phred_2 = scores_1[offsets_1[i] : offsets_1[i + 1]], scores_2[offsets_2[i] : offsets_2[i + 1]]
        bases, best = codes[offsets[i] : offsets[i + 1]], scores[offsets[i] : offsets[i + 1]]
        shift = fragment_lengths[i] - len(two) if fragment_lengths[i] else len(one)
        for j in range(len(bases)):
            k = j - shift
            if k < 0 or (j < len(one) and two[k] == N):
                bases[j], best[j] = one[j], phred_1[j]
                continue
            if j >= len(one) or one[j] == N:
                bases[j], best[j] = two[k], phred_2[k]
                continue
            cycle_2 = len(two) - 1 - k
            q1, q2 = phred_1[j], phred_2[k]
            cycles[0, min(j, last), 0] += 1
            cycles[1, min(cycle_2, last), 0] += 1
            phred[q1, 0] += 1
            phred[q2, 0] += 1
            if one[j] == two[k]:
                bases[j], best[j] = one[j], AGREEING[q1, q2]
            elif q1 > q2 or (q1 == q2 and j <= cycle_2):
                bases[j], best[j] = one[j], DIFFERING[q1, q2]
                cycles[1, min(cycle_2, last), 1] += 1
                phred[q2, 1] += 1
            else:
                bases[j], best[j] = two[k], DIFFERING[q1, q2]
                cycles[0, min(j, last), 1] += 1
                phred[q1, 1] += 1
    return codes, scores, offsets
