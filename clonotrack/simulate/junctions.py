"""How segments are cut and joined: the numbers of each locus.

METHOD: trimmed and inserted lengths are negative binomial with the means below, independent of each other and of
the gene. The means are rounded from inferences on sequence repertoires (Murugan 2012, PNAS 109:16161, TRB;
Elhanati 2015, Phil Trans R Soc B 370:20140243, IGH; Ralph & Matsen 2016, PLoS Comput Biol 12:e1004409, per-allele
trimming; Dupic 2019, PLoS Comput Biol 15:e1006874, TRA) and, where none was at hand (IGK, IGL, TRG, TRD), set by
analogy. They are approximations that give junctions of the right size; nothing is fitted here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.sequence import F64, I64


@dataclass(frozen=True, slots=True)
class JunctionModel:
    """Mean nt trimmed from each coding end and inserted at each joint of a locus.

    Attributes:
        v_trim: from the 3' end of V.
        j_trim: from the 5' end of J.
        n1: inserted after V.
        d5_trim: from the 5' end of D, where the locus has one.
        d3_trim: from its 3' end.
        n2: inserted between D and J.
    """

    v_trim: float
    j_trim: float
    n1: float
    d5_trim: float = 0.0
    d3_trim: float = 0.0
    n2: float = 0.0


JUNCTIONS = {
    "IGH": JunctionModel(v_trim=2, j_trim=6, n1=7, d5_trim=5, d3_trim=5, n2=7),
    "IGK": JunctionModel(v_trim=3, j_trim=2, n1=2),
    "IGL": JunctionModel(v_trim=3, j_trim=2, n1=2),
    "TRA": JunctionModel(v_trim=4, j_trim=5, n1=5),
    "TRB": JunctionModel(v_trim=5, j_trim=5, n1=4, d5_trim=3, d3_trim=3, n2=4),
    "TRG": JunctionModel(v_trim=5, j_trim=5, n1=4),
    "TRD": JunctionModel(v_trim=3, j_trim=3, n1=6, d5_trim=3, d3_trim=3, n2=6),
}

# METHOD: terminal transferase favours G and C (Murugan 2012); one composition for all loci, whatever comes before.
INSERTED_BASES: F64 = np.array([0.2, 0.3, 0.3, 0.2])

# METHOD: an untrimmed coding end may keep up to 4 nt of its opened hairpin (Lafaille 1989, Cell 59:859).
PALINDROME_SHARES: F64 = np.array([0.6, 0.2, 0.12, 0.05, 0.03])

_DISPERSION = 2.0  # of the negative binomial: variance = mean + mean^2 / 2


def lengths(mean: float, count: int, rng: np.random.Generator) -> I64:
    """Trimmed or inserted lengths [nt], shape (count,)."""
    drawn: I64 = rng.negative_binomial(_DISPERSION, _DISPERSION / (_DISPERSION + mean), count)
    return drawn


def palindromes(trimmed: I64, rng: np.random.Generator) -> I64:
    """Palindromic nt at ends of which `trimmed` nt were cut; none where any was."""
    drawn = rng.choice(len(PALINDROME_SHARES), size=len(trimmed), p=PALINDROME_SHARES)
    return np.where(trimmed == 0, drawn, 0)
