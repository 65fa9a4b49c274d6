"""Naive twin of clonotrack.reads.kernels.merge: dictionaries of bases by their position on the fragment."""

from math import log10


def merge_mates(one, scores_1, two, scores_2, fragment):
    """Sequence and scores of a fragment, and (mate, cycle, score, error) of every base in the overlap."""
    if not fragment:
        return one, scores_1, []
    first = {i: (base, q) for i, (base, q) in enumerate(zip(one, scores_1, strict=True)) if i < fragment}
    shift = fragment - len(two)
    second = {i + shift: (base, q) for i, (base, q) in enumerate(zip(two, scores_2, strict=True)) if i + shift >= 0}
    bases, scores, overlap = [], [], []
    for i in range(fragment):
        a, p = first.get(i, ("N", -1))
        b, q = second.get(i, ("N", -1))
        if a == "N" or b == "N":
            base, score = (a, p) if i in first and (a != "N" or i not in second) else (b, q)
            if a == b == "N" and i in first and i in second:
                base, score = a, p
        else:
            later = len(two) - 1 - (i - shift)
            base, score = (a, p) if a == b or p > q or (p == q and i <= later) else (b, q)
            score = posterior(p, q, agree=a == b)
            overlap.append((0, i, p, a != base))
            overlap.append((1, later, q, b != base))
        bases.append(base)
        scores.append(score)
    return "".join(bases), scores, overlap


def posterior(p, q, *, agree):
    x, y = sorted(min(10 ** (-score / 10), 0.75) for score in (p, q))
    error = x * y / 3 / (1 - x - y + 4 * x * y / 3) if agree else x * (1 - y / 3) / (x + y - 4 * x * y / 3)
    return min(max(round(-10 * log10(error)), 2), 60)
