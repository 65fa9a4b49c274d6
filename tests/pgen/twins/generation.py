"""Naive twin of `clonotrack.pgen.kernels`: every rearrangement that a small model makes, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Kind:
    """Segments of one kind: sequence, weight, and chances of missing bases at either end."""

    segments: Sequence[tuple[str, float, Sequence[float], Sequence[float]]]

    def pieces(self, *, cut_5: bool, cut_3: bool) -> Iterator[tuple[str, float]]:
        for sequence, weight, five, three in self.segments:
            for a, chance_5 in enumerate(five if cut_5 else [1.0]):
                for b, chance_3 in enumerate(three if cut_3 else [1.0]):
                    yield sequence[a : max(a, len(sequence) - b)], weight * chance_5 * chance_3


def inserted(lengths: Sequence[float], bases: Sequence[float]) -> Iterator[tuple[str, float]]:
    for length, chance in enumerate(lengths):
        for letters in product(range(4), repeat=length):
            share = chance
            for letter in letters:
                share *= bases[letter]
            yield "".join("ACGT"[letter] for letter in letters), share


def occurrences(
    window: str,
    v: Kind,
    d: Kind | None,
    j: Kind,
    n1: Sequence[float],
    n2: Sequence[float],
    bases: Sequence[float],
    most: int,
) -> list[float]:
    """Expected places of a rearrangement that show `window` with 0 to `most` substitutions."""
    found = [0.0] * (most + 1)
    middle = [("", 1.0)]
    if d is not None:
        middle = [
            (piece + after, p * q) for piece, p in d.pieces(cut_5=True, cut_3=True) for after, q in inserted(n2, bases)
        ]
    joints = [(before + rest, p * q) for before, p in inserted(n1, bases) for rest, q in middle]
    for first, p in v.pieces(cut_5=False, cut_3=True):
        for last, q in j.pieces(cut_5=True, cut_3=False):
            for joint, r in joints:
                made = first + joint + last
                for at in range(len(made) - len(window) + 1):
                    apart = sum(a != b for a, b in zip(window, made[at:], strict=False))
                    if apart <= most:
                        found[apart] += p * q * r
    return found
