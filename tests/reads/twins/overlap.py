"""Naive twin of clonotrack.reads.kernels.overlap: every overlap scored base by base, no words of bits."""

from collections import Counter
from math import comb, factorial, log, prod, sqrt

MIN_OVERLAP, MIN_ERROR, LOW_COMPLEXITY_PRIOR, REPEAT_SCORE, SHORT_REPEAT_SCORE = 12, 0.002, 0.01, 8, 4


def find_overlaps(pairs, max_false_merge):
    """(fragment length, name of the outcome) of each (codes, scores, codes, scores), both mates on one strand."""
    return [find_overlap(*pair, max_false_merge) for pair in pairs]


def find_overlap(one, scores_1, two, scores_2, max_false_merge):
    if min(len(one), len(two)) < MIN_OVERLAP:
        return 0, "NOT_OVERLAPPING"
    counts = Counter(code for code in [*one, *two] if code < 4)
    share = [(counts[base] + 1) / (sum(counts.values()) + 4) for base in range(4)]
    differ = 1 - sum(p * p for p in share)
    scored = {}
    for fragment in range(1, len(one) + len(two)):
        shift = fragment - len(two)
        columns = [
            (one[i], two[i - shift], scores_1[i], scores_2[i - shift])
            for i in range(len(one))
            if 0 <= i - shift < len(two)
        ]
        columns = columns[: max(0, fragment - max(0, shift))]
        length = len(columns)
        mismatches = sum(a % 4 != b % 4 for a, b, *_ in columns)  # N (4) is taken for A here
        middle = columns[(length - 32) // 2 :][:32] if length >= 32 else []
        likely = sum(a % 4 != b % 4 for a, b, *_ in middle) <= 20
        if likely and mismatches <= max(0, int(0.75 * length - 3 * sqrt(0.1875 * length))):
            scored[fragment] = odds_of([c for c in columns if max(c[:2]) < 4], share, differ)
    scored = {
        fragment: odds
        for fragment, odds in scored.items()
        if min(len(one), fragment) - max(0, fragment - len(two)) >= MIN_OVERLAP and odds[0] > 0
    }
    if not scored:
        return 0, "NOT_OVERLAPPING"
    best = max(scored, key=lambda fragment: scored[fragment][0])
    _, bases, wrong, expected = scored[best]
    tried = len(one) + len(two) - 2 * MIN_OVERLAP + 1
    if tried * mismatch_probability(bases, wrong, 1 - differ) > max_false_merge:
        return 0, "NOT_OVERLAPPING"
    if wrong > expected + 3 + 4 * sqrt(expected):
        return 0, "MISMATCHING"
    overlap = one[max(0, best - len(two)) : best]
    short = int(log(max_false_merge / tried) / log(1 - differ))
    behind = two[max(0, len(two) - best) :]
    if tried * low_complexity_probability(overlap, wrong, share) > max_false_merge or ends_in_repeat(
        one[:best], behind, len(overlap), wrong, short
    ):
        return 0, "AMBIGUOUS"
    return best, "MERGED"


def mismatch_probability(bases, mismatches, same):
    return sum(comb(bases, k) * (1 - same) ** k * same ** (bases - k) for k in range(mismatches + 1))


def low_complexity_probability(overlap, mismatches, share):
    counts = [overlap.count(base) for base in range(4)]
    bases = sum(counts)
    own = 6 * prod(factorial(count) for count in counts) / factorial(bases + 3)
    odds = own / prod(p**count for p, count in zip(share, counts, strict=True))
    same = sum(((count + 1) / (bases + 4)) ** 2 for count in counts)
    return min(1, LOW_COMPLEXITY_PRIOR * odds) * mismatch_probability(bases, mismatches, same)


def ends_in_repeat(one, two, length, mismatches, short):
    """Mates without what is beyond the fragment."""
    tail, head = one[len(one) - length :], two[:length]
    for unit in range(1, length):
        least = SHORT_REPEAT_SCORE if unit <= short else REPEAT_SCORE
        shifted = sum(a != b for a, b in zip(tail[unit:], head, strict=False))
        inside = [one[i] == one[i - unit] for i in range(len(one) - 1, unit - 1, -1)]
        onward = [a == b for a, b in zip(two, two[unit:], strict=False)]
        if (
            shifted <= 1 + min(mismatches, 2) + (length - unit) // 20
            and is_run(inside, least)
            and is_run(onward, least)
        ):
            return True
    return False


def is_run(matches, least):
    score = 0
    for match in matches:
        score += 1 if match else -2
        if score == least or score < -least:
            return score > 0
    return False


def odds_of(columns, share, differ):
    odds = expected = 0.0
    for a, b, q1, q2 in columns:
        e1, e2 = (min(max(10 ** (-q / 10), MIN_ERROR), 0.75) for q in (q1, q2))
        agree = (1 - e1) * (1 - e2) + e1 * e2 / 3
        odds += log(agree / share[a]) if a == b else log((1 - agree) / differ)
        expected += 1 - agree
    return odds, len(columns), sum(a != b for a, b, *_ in columns), expected
