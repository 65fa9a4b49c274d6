"""How segments are cut and joined, and how often cells carry the outcome: the numbers of each locus.

METHOD: trimmed and inserted lengths are negative binomial with the means below, independent of each other and of
the gene. The means are rounded from inferences on sequence repertoires (Murugan 2012, PNAS 109:16161, TRB;
Elhanati 2015, Phil Trans R Soc B 370:20140243, IGH; Ralph & Matsen 2016, PLoS Comput Biol 12:e1004409, per-allele
trimming; Dupic 2019, PLoS Comput Biol 15:e1006874, TRA) and, where none was at hand (IGK, IGL, TRG, TRD), set by
analogy. They are approximations that give junctions of the right size; nothing is fitted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from clonotrack.sequences import F64

Lineage = Literal["B", "T"]


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

DISPERSION = 2.0
"""Of the negative binomial lengths: variance = mean + mean^2 / 2."""


@dataclass(frozen=True, slots=True)
class Carriage:
    """What a cell of a lineage carries of one locus.

    Attributes:
        lineage: B or T cells.
        productive: share of cells with a productive rearrangement.
        other: mean number of further ones a cell, in or out of frame (0 to 2).
        kde: share of the further ones that end in Kde.
    """

    lineage: Lineage
    productive: float
    other: float
    kde: float = 0.0


# METHOD: round numbers from the order of rearrangement: 3 of 5 B cells are kappa and lambda cells have deleted
# kappa through Kde (Siminovitch 1985, Nature 316:260); most alpha-beta T cells keep TRG rearrangements, mostly
# unproductive, and 1 T cell in 20 is gamma-delta (van Dongen 2003, Leukemia 17:2257). Approximate.
CARRIAGE = {
    "IGH": Carriage("B", productive=1.0, other=0.2),
    "IGK": Carriage("B", productive=0.6, other=0.7, kde=0.6),
    "IGL": Carriage("B", productive=0.4, other=0.2),
    "TRA": Carriage("T", productive=0.95, other=0.5),
    "TRB": Carriage("T", productive=0.95, other=0.35),
    "TRG": Carriage("T", productive=0.1, other=1.4),
    "TRD": Carriage("T", productive=0.05, other=0.05),
}

# METHOD: incomplete joints (D-J, and of TRD those without V or J) stay on alleles that went no further; two alleles of
# a cell have about this many of a locus. Ours, of the order of what multiplex PCR finds (van Dongen 2003).
INCOMPLETE = {"IGH+": 0.3, "TRB+": 0.5, "TRD+": 0.05, "TRA+D": 0.05}

# METHOD: of the nucleated cells of blood, three in ten are lymphocytes, of these three quarters T and a tenth B (adult
# reference ranges, rounded).
LINEAGE_SHARES: dict[Lineage, float] = {"B": 0.03, "T": 0.22}

PRODUCTIVE_SHARE = 0.25
"""METHOD: of random rearrangements, a third are in frame, and three of four of these without stop codon."""
