"""Parse UMI patterns: regular expressions of a fixed length that match the bases at the 5' end of a read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from clonotrack.errors import ConfigError

LONGEST_UMI = 31
"""Maximum length of a UMI [nt], because a signed 64-bit integer holds 31 bases of two bits."""
IUPAC = {
    **{"A": 1, "C": 2, "G": 4, "T": 8, "U": 8, "R": 5, "Y": 10, "S": 6, "W": 9},
    **{"K": 12, "M": 3, "B": 14, "D": 13, "H": 11, "V": 7, "N": 15},
}
"""IUPAC code to the bases that it stands for, as a sum of bits: A 1, C 2, G 4, T 8."""
UNKNOWN = 16
"""Bit of an unknown base (N) in a read; only pattern positions that accept every base accept it."""

_GROUP = re.compile(r"\(\?P<(umi|discard)(?:_\d+)?>")
_CLOSE = re.compile(r"\)(?:\{s<=(\d+)\})?")
_BASE = re.compile(r"(\.|[ACGTURYSWKMBDHVN]|\[[ACGT]+\])(?:\{(\d+)\})?")
_HELP = "write ^, then groups (?P<umi>...) and (?P<discard>...) of bases (IUPAC codes, ., [AC]); {n} repeats a base"


@dataclass(frozen=True, slots=True)
class UmiPattern:
    """A parsed UMI pattern of n positions, counted from the 5' end of the read.

    Attributes:
        masks: allowed bases of each position, as sums of the bits in `IUPAC`; length n.
        umi: True for each position that is a base of the UMI; length n.
        groups: number of the group that contains each position, 1, 2, ..; 0 outside of groups; length n.
        limits: allowed substitutions in each group; ``limits[0]`` is for positions outside of groups.
        cut: number of bases to trim from the read, up to the end of the last group [nt].
    """

    masks: tuple[int, ...]
    umi: tuple[bool, ...]
    groups: tuple[int, ...]
    limits: tuple[int, ...]
    cut: int

    @property
    def umi_length(self) -> int:
        """Length of the UMI [nt]."""
        return sum(self.umi)


@cache
def umi_pattern(text: str) -> UmiPattern:
    """Parse a pattern in the notation of UMI-tools, such as ``^(?P<umi>.{12})(?P<discard>GTAC){s<=1}``.

    Bases are IUPAC codes. ``{s<=n}`` after a discard group allows n substitutions in it. Bases after the last group are
    required but not trimmed.

    Raises:
        ConfigError: the pattern is not valid; the message names the invalid part.
    """
    bases: list[tuple[int, bool, int]] = []
    limits = [0]
    kind, cut, position = "", 0, 1
    if not text.startswith("^"):
        raise _invalid(text, "does not start with ^")
    while position < len(text):
        if (match := _GROUP.match(text, position)) and not kind:
            if cut < len(bases):
                raise _invalid(text, f"has bases outside of groups before {text[position:]!r}")
            kind = match[1]
            limits.append(0)
        elif (match := _CLOSE.match(text, position)) and kind:
            limits[-1] = int(match[1] or 0)
            if limits[-1] and kind == "umi":
                raise _invalid(text, "allows substitutions in the UMI, which is not possible")
            kind, cut = "", len(bases)
        elif match := _BASE.match(text, position):
            group = len(limits) - 1 if kind else 0
            bases += [(_mask(match[1], kind), kind == "umi", group)] * int(match[2] or 1)
        else:
            raise _invalid(text, f"cannot be understood from {text[position:]!r} on")
        position = match.end()
    if kind:
        raise _invalid(text, "has a group that is not closed")
    masks, umi, groups = zip(*bases, strict=True) if bases else ((), (), ())
    if not 1 <= sum(umi) <= LONGEST_UMI:
        raise _invalid(text, f"has a UMI of {sum(umi)} bases, and 1 to {LONGEST_UMI} are allowed")
    return UmiPattern(masks, umi, groups, tuple(limits), cut)


def _mask(base: str, kind: str) -> int:
    bits = IUPAC["N" if base == "." else base] if len(base) == 1 else sum({IUPAC[letter] for letter in base[1:-1]})
    return bits | UNKNOWN if bits == IUPAC["N"] and kind != "umi" else bits


def _invalid(text: str, reason: str) -> ConfigError:
    return ConfigError(f"umi_pattern {text!r} {reason}: {_HELP}")
