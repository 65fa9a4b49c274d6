"""What is tracked of a clonotype: its known consensus, and where in it the clone-specific part lies."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNKNOWN = re.compile("[^ACGT]")


@dataclass(frozen=True, slots=True)
class Target:
    """A sequence and its clone-specific part.

    Attributes:
        sequence: no unknown base outside the key region.
        start: first base of the clone-specific part, 1-based.
        end: its last base.
        known: the key region holds no unknown base, so the part can be tracked.
    """

    sequence: str
    start: int
    end: int
    known: bool


def target(sequence: str, key_region: str, min_length: int) -> Target:
    """The clone-specific part: the key region, extended on both sides alike to `min_length` where it is shorter.

    The sequence is cut at the unknown bases next to the key region; the part does not go beyond it.
    """
    start = sequence.index(key_region)
    end = start + len(key_region)
    left = max((match.end() for match in UNKNOWN.finditer(sequence, 0, start)), default=0)
    beyond = UNKNOWN.search(sequence, end)
    right = beyond.start() if beyond else len(sequence)
    known = not UNKNOWN.search(key_region)
    missing = max(min_length - len(key_region), 0)
    first = max(start - missing // 2, left)
    last = min(first + max(min_length, len(key_region)), right)
    first = max(min(first, last - min_length), left)
    return Target(sequence[left:right], first - left + 1, last - left, known)
