"""Choose the tracked sequence of a clonotype: its consensus without unknown bases, and the clone-specific part."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNKNOWN_BASE = re.compile("[^ACGT]")


@dataclass(frozen=True, slots=True)
class TargetRegion:
    """The sequence of a marker and its clone-specific part.

    Attributes:
        sequence: consensus, cut so that no unknown base is outside the key region.
        start: position of the first base of the clone-specific part in `sequence`, 1-based.
        end: position of the last base of the clone-specific part in `sequence`, 1-based.
        trackable: whether the key region has no unknown base.
    """

    sequence: str
    start: int
    end: int
    trackable: bool


def target_region(sequence: str, key_region: str, min_length: int) -> TargetRegion:
    """Find the clone-specific part of a consensus.

    The consensus is cut at the unknown base nearest to the key region on either side. The clone-specific part is the
    key region. A key region shorter than `min_length` is extended to `min_length` nt within the cut consensus, equally
    on both sides if possible. If the cut consensus is too short, all of it is the clone-specific part.

    Args:
        sequence: consensus of the clonotype, upper case.
        key_region: key region, a substring of `sequence`.
        min_length: minimum length of the clone-specific part [nt].
    """
    start = sequence.index(key_region)
    end = start + len(key_region)
    left = max((match.end() for match in _UNKNOWN_BASE.finditer(sequence, 0, start)), default=0)
    next_unknown = _UNKNOWN_BASE.search(sequence, end)
    right = next_unknown.start() if next_unknown else len(sequence)
    trackable = not _UNKNOWN_BASE.search(key_region)
    missing = max(min_length - len(key_region), 0)
    first = max(start - missing // 2, left)
    last = min(first + max(min_length, len(key_region)), right)
    first = max(min(first, last - min_length), left)
    return TargetRegion(sequence[left:right], first - left + 1, last - left, trackable)
