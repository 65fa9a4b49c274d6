"""UMI patterns: the subset of regular expressions that says what stands at each base of a read's 5' end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from clonotrack.errors import ConfigError

LONGEST_UMI = 31
"""Bases that two bits each hold in 63."""
IUPAC = {
    **{"A": 1, "C": 2, "G": 4, "T": 8, "U": 8, "R": 5, "Y": 10, "S": 6, "W": 9},
    **{"K": 12, "M": 3, "B": 14, "D": 13, "H": 11, "V": 7, "N": 15},
}
"""Bases that a letter stands for, a bit each: A 1, C 2, G 4, T 8."""
UNKNOWN = 16
"""The bit of a base that was not read (N); it fits only where any base does."""

_GROUP = re.compile(r"\(\?P<(umi|discard)(?:_\d+)?>")
_CLOSE = re.compile(r"\)(?:\{s<=(\d+)\})?")
_BASE = re.compile(r"(\.|[ACGTURYSWKMBDHVN]|\[[ACGT]+\])(?:\{(\d+)\})?")
_HELP = "use ^ and then (?P<umi>...), (?P<discard>...) and bases (letters, ., [AC]), each with {n} where repeated"


@dataclass(frozen=True, slots=True)
class UmiPattern:
    """What each base from the 5' end on may be.

    Attributes:
        masks: bits of the bases allowed at each position.
        umi: whether the position belongs to the UMI.
        groups: number of the group of each position; each group has its own limit.
        limits: positions of each group at which another base may stand.
        cut: bases that are taken off: all up to the last one of the UMI or of what is discarded.
    """

    masks: tuple[int, ...]
    umi: tuple[bool, ...]
    groups: tuple[int, ...]
    limits: tuple[int, ...]
    cut: int

    @property
    def umi_length(self) -> int:
        """Bases of the UMI."""
        return sum(self.umi)


@cache
def umi_pattern(text: str) -> UmiPattern:
    """The pattern that `text` spells, as in ``^(?P<umi>.{12})(?P<discard>GTAC){s<=1}``.

    The notation is that of UMI-tools. Letters are IUPAC codes; ``{s<=n}`` behind a discarded group allows n other
    bases. Bases outside of groups have to be there and are kept; they may stand only behind the groups.

    Raises:
        ConfigError: says what of the pattern is not understood.
    """
    positions: list[tuple[int, bool, int]] = []
    limits = [0]
    kind, cut, place = "", 0, 1
    if not text.startswith("^"):
        raise _refused(text, "does not begin with ^")
    while place < len(text):
        if (found := _GROUP.match(text, place)) and not kind:
            if cut < len(positions):
                raise _refused(text, f"has bases outside of groups before {text[place:]!r}, which would be kept")
            kind = found[1]
            limits.append(0)
        elif (found := _CLOSE.match(text, place)) and kind:
            limits[-1] = int(found[1] or 0)
            if limits[-1] and kind == "umi":
                raise _refused(text, "allows substitutions in the UMI, where every base counts")
            kind, cut = "", len(positions)
        elif found := _BASE.match(text, place):
            group = len(limits) - 1 if kind else 0
            positions += [(_mask(found[1], kind), kind == "umi", group)] * int(found[2] or 1)
        else:
            raise _refused(text, f"holds {text[place:]!r}, which is not understood here")
        place = found.end()
    if kind:
        raise _refused(text, "has a group that is not closed")
    masks, umi, groups = zip(*positions, strict=True) if positions else ((), (), ())
    if not 1 <= sum(umi) <= LONGEST_UMI:
        raise _refused(text, f"has a UMI of {sum(umi)} bases, and 1 to {LONGEST_UMI} are possible")
    return UmiPattern(masks, umi, groups, tuple(limits), cut)


def _mask(base: str, kind: str) -> int:
    bits = IUPAC["N" if base == "." else base] if len(base) == 1 else sum({IUPAC[letter] for letter in base[1:-1]})
    return bits | UNKNOWN if bits == IUPAC["N"] and kind != "umi" else bits


def _refused(text: str, reason: str) -> ConfigError:
    return ConfigError(f"umi_pattern {text!r} {reason}: {_HELP}")
