"""Naive twin of `clonotrack.pgen.kernels`: enumerate every rearrangement that a small model makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Segments:
    """Segments of one kind: sequence, weight, probabilities of missing bases at the 5' and the 3' end."""

    rows: Sequence[tuple[str, float, Sequence[float], Sequence[float]]]

    def trimmed(self, *, trim_5: bool, trim_3: bool) -> Iterator[tuple[str, float]]:
        for sequence, weight, missing_5, missing_3 in self.rows:
            for a, chance_5 in enumerate(missing_5 if trim_5 else [1.0]):
                for b, chance_3 in enumerate(missing_3 if trim_3 else [1.0]):
                    yield sequence[a : max(a, len(sequence) - b)], weight * chance_5 * chance_3


def inserted(lengths: Sequence[float], bases: Sequence[float]) -> Iterator[tuple[str, float]]:
    for length, chance in enumerate(lengths):
        for codes in product(range(4), repeat=length):
            share = chance
            for code in codes:
                share *= bases[code]
            yield "".join("ACGT"[code] for code in codes), share


def expected_occurrences(
    window: str,
    v: Segments,
    d: Segments | None,
    j: Segments,
    n1: Sequence[float],
    n2: Sequence[float],
    bases: Sequence[float],
    max_mismatches: int,
) -> list[float]:
    """Expected positions of a rearrangement that match `window` with 0 to `max_mismatches` substitutions."""
    total = [0.0] * (max_mismatches + 1)
    middle = [("", 1.0)]
    if d is not None:
        middle = [
            (segment + after, p * q)
            for segment, p in d.trimmed(trim_5=True, trim_3=True)
            for after, q in inserted(n2, bases)
        ]
    joints = [(before + rest, p * q) for before, p in inserted(n1, bases) for rest, q in middle]
    for first, p in v.trimmed(trim_5=False, trim_3=True):
        for last, q in j.trimmed(trim_5=True, trim_3=False):
            for joint, r in joints:
                rearrangement = first + joint + last
                for start in range(len(rearrangement) - len(window) + 1):
                    mismatches = sum(a != b for a, b in zip(window, rearrangement[start:], strict=False))
                    if mismatches <= max_mismatches:
                        total[mismatches] += p * q * r
    return total
