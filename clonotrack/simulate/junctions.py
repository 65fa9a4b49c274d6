"""Random lengths of what is cut off and put in between, by the numbers of `clonotrack.germline.recombination`."""

from __future__ import annotations

import numpy as np

from clonotrack.germline.recombination import DISPERSION, INSERTED_BASES, JUNCTIONS, PALINDROME_SHARES, JunctionModel
from clonotrack.sequence import I64


def lengths(mean: float, count: int, rng: np.random.Generator) -> I64:
    """Trimmed or inserted lengths [nt], shape (count,)."""
    drawn: I64 = rng.negative_binomial(DISPERSION, DISPERSION / (DISPERSION + mean), count)
    return drawn


def palindromes(trimmed: I64, rng: np.random.Generator) -> I64:
    """Palindromic nt at ends of which `trimmed` nt were cut; none where any was."""
    drawn = rng.choice(len(PALINDROME_SHARES), size=len(trimmed), p=PALINDROME_SHARES)
    return np.where(trimmed == 0, drawn, 0)


__all__ = ["INSERTED_BASES", "JUNCTIONS", "JunctionModel", "lengths", "palindromes"]
