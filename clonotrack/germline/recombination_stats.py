"""Statistics of V(D)J recombination per locus: trimmed and inserted lengths, and rearrangements per cell.

METHOD: trimmed and inserted lengths are negative binomial with the means below, independent of each other and of the
gene. The means are rounded from inferences on sequence repertoires (Murugan 2012, PNAS 109:16161, TRB; Elhanati 2015,
Phil Trans R Soc B 370:20140243, IGH; Ralph & Matsen 2016, PLoS Comput Biol 12:e1004409, per-allele trimming; Dupic
2019, PLoS Comput Biol 15:e1006874, TRA). The means of IGK, IGL, TRG and TRD are set by analogy, because no inference
is available. All means are approximations that give junctions of realistic length; nothing is fitted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from clonotrack.sequences import F64

Lineage = Literal["B", "T"]


@dataclass(frozen=True, slots=True)
class JunctionModel:
    """Hold mean lengths [nt] of one locus: bases trimmed from each coding end, and bases inserted at each joint.

    Attributes:
        v_trim: bases trimmed from the 3' end of V.
        j_trim: bases trimmed from the 5' end of J.
        n1: N bases between V and D, or between V and J in a locus without D genes.
        d5_trim: bases trimmed from the 5' end of D; 0 in a locus without D genes.
        d3_trim: bases trimmed from the 3' end of D; 0 in a locus without D genes.
        n2: N bases between D and J; 0 in a locus without D genes.
    """

    v_trim: float
    j_trim: float
    n1: float
    d5_trim: float = 0.0
    d3_trim: float = 0.0
    n2: float = 0.0


JUNCTION_MODELS = {
    "IGH": JunctionModel(v_trim=2, j_trim=6, n1=7, d5_trim=5, d3_trim=5, n2=7),
    "IGK": JunctionModel(v_trim=3, j_trim=2, n1=2),
    "IGL": JunctionModel(v_trim=3, j_trim=2, n1=2),
    "TRA": JunctionModel(v_trim=4, j_trim=5, n1=5),
    "TRB": JunctionModel(v_trim=5, j_trim=5, n1=4, d5_trim=3, d3_trim=3, n2=4),
    "TRG": JunctionModel(v_trim=5, j_trim=5, n1=4),
    "TRD": JunctionModel(v_trim=3, j_trim=3, n1=6, d5_trim=3, d3_trim=3, n2=6),
}

LENGTH_DISPERSION = 2.0
"""Size parameter r of the negative binomial lengths: variance = mean + mean^2 / r, with r = 2."""

# METHOD: terminal transferase prefers G and C (Murugan 2012). One composition (A, C, G, T) is used for all loci,
# independent of the base before.
N_BASE_PROBABILITIES: F64 = np.array([0.2, 0.3, 0.3, 0.2])

# METHOD: a coding end that is not trimmed keeps 0, 1, 2, 3 or 4 P bases of its opened hairpin with these probabilities
# (Lafaille 1989, Cell 59:859).
P_LENGTH_PROBABILITIES: F64 = np.array([0.6, 0.2, 0.12, 0.05, 0.03])


@dataclass(frozen=True, slots=True)
class CellRearrangements:
    """Hold the mean number of rearrangements of one locus in a cell of the lineage that rearranges the locus.

    Attributes:
        lineage: B or T cells.
        productive: share of cells with a productive rearrangement.
        additional: mean number of rearrangements per cell besides the productive one, in or out of frame (0 to 2).
        kde: share of these additional rearrangements that end in Kde.
    """

    lineage: Lineage
    productive: float
    additional: float
    kde: float = 0.0


# METHOD: round numbers from the order of rearrangement. Of 5 B cells, 3 are kappa; lambda cells have deleted kappa
# through Kde (Siminovitch 1985, Nature 316:260). Most alpha-beta T cells keep TRG rearrangements, mostly unproductive,
# and 1 T cell in 20 is gamma-delta (van Dongen 2003, Leukemia 17:2257). All numbers are approximate.
CELL_REARRANGEMENTS = {
    "IGH": CellRearrangements("B", productive=1.0, additional=0.2),
    "IGK": CellRearrangements("B", productive=0.6, additional=0.7, kde=0.6),
    "IGL": CellRearrangements("B", productive=0.4, additional=0.2),
    "TRA": CellRearrangements("T", productive=0.95, additional=0.5),
    "TRB": CellRearrangements("T", productive=0.95, additional=0.35),
    "TRG": CellRearrangements("T", productive=0.1, additional=1.4),
    "TRD": CellRearrangements("T", productive=0.05, additional=0.05),
}

# METHOD: a chromosome whose recombination stopped early keeps an incomplete joint: D-J, or in TRD a joint without V or
# without J. The numbers are means per cell of the lineage, summed over both chromosomes. They are set by hand, in the
# order of the frequencies that multiplex PCR finds (van Dongen 2003).
INCOMPLETE_PER_CELL = {"IGH+": 0.3, "TRB+": 0.5, "TRD+": 0.05, "TRA+D": 0.05}

# METHOD: lymphocytes are 30 % of the nucleated cells of blood. Of these, three quarters are T and a tenth B cells
# (adult reference ranges, rounded). The numbers are shares of nucleated cells.
LINEAGE_SHARES: dict[Lineage, float] = {"B": 0.03, "T": 0.22}

PRODUCTIVE_SHARE = 0.25
"""Share of random rearrangements that are productive.

METHOD: a third of random rearrangements are in frame, and three in four of the in-frame ones have no stop codon.
"""
