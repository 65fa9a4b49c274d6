"""Naive twin of clonotrack.kernels.overlap: every place scored base by base, no words of bits."""

from collections import Counter
from math import exp, log, sqrt

LEAST, FLOOR = 12, 0.002


def find_overlaps(pairs, max_wrong):
    """(place, name of the outcome) of each (codes, scores, codes, scores), both mates on one strand."""
    return [find_overlap(*pair, max_wrong) for pair in pairs]


def find_overlap(one, scores_1, two, scores_2, max_wrong):
    if min(len(one), len(two)) < LEAST:
        return 0, "APART"
    counts = Counter(code for code in [*one, *two] if code < 4)
    share = [(counts[base] + 1) / (sum(counts.values()) + 4) for base in range(4)]
    differ = 1 - sum(p * p for p in share)
    places = {}
    for fragment in range(1, len(one) + len(two)):
        shift = fragment - len(two)
        columns = [
            (one[i], two[i - shift], scores_1[i], scores_2[i - shift])
            for i in range(len(one))
            if 0 <= i - shift < len(two)
        ]
        columns = columns[: max(0, fragment - max(0, shift))]
        length = len(columns)
        seen = sum(a % 4 != b % 4 for a, b, *_ in columns)  # N (4) is taken for A here
        middle = columns[(length - 32) // 2 :][:32] if length >= 32 else []
        likely = sum(a % 4 != b % 4 for a, b, *_ in middle) <= 20
        if likely and seen <= max(0, int(0.75 * length - 3 * sqrt(0.1875 * length))):
            places[fragment] = odds_of([c for c in columns if max(c[:2]) < 4], share, differ)
    count = len(one) + len(two) - 1
    long = [fragment for fragment in places if min(len(one), fragment) - max(0, fragment - len(two)) >= LEAST]
    if not long:
        return 0, "APART"
    best = max(long, key=lambda fragment: places[fragment][0])
    top, wrong, expected = places[best]
    if top <= log(count / max_wrong):
        return 0, "APART"
    others = sum(exp(places[other][0] - top) for other in places if other != best)
    if others + count * exp(-top) > max_wrong:
        return 0, "AMBIGUOUS"
    return (0, "MISMATCHING") if wrong > expected + 3 + 4 * sqrt(expected) else (best, "MERGED")


def odds_of(columns, share, differ):
    odds = expected = 0.0
    for a, b, q1, q2 in columns:
        e1, e2 = (min(max(10 ** (-q / 10), FLOOR), 0.75) for q in (q1, q2))
        agree = (1 - e1) * (1 - e2) + e1 * e2 / 3
        odds += log(agree / share[a]) if a == b else log((1 - agree) / differ)
        expected += 1 - agree
    return odds, sum(a != b for a, b, *_ in columns), expected
