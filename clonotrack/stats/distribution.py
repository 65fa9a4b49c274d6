"""The law of the counts of a row: probabilities by recursion, on a lattice, or from three moments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, exp, sqrt

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import Process
from clonotrack.stats.reads_per_cell import moments, of_cell, of_molecule
from clonotrack.stats.uncertainty import Nodes, nodes, step_for

EXACT = 64
"""Counts up to which the distribution is always computed by recursion; it costs their square."""
UNITS = 256
"""Units of the lattice that the reads of deeply sequenced molecules are put on."""

_FEW_MOLECULES, _FEW_COUNTS = 20.0, 320
_DEEP = 32.0
_UNITS_A_MOLECULE = 8.0


@dataclass(frozen=True, slots=True)
class Law:
    """Intensities of a process on a lattice at the nodes of X, shape (nodes, size); element 0 has their total."""

    nodes: Nodes
    clone: F64
    blank: F64


@lru_cache(maxsize=256)
def law_of(process: Process, size: int, width: int, step: float) -> Law:
    """Expected cells that give j counts, of the clone at level 1 and of what is no clone.

    METHOD: every part is compound Poisson, and such laws add by adding their intensities (Panjer, ASTIN Bull 1981).
    """
    from clonotrack.stats.kernels import mixed_intensity  # noqa: PLC0415  (numba, 0.5 s)

    at = nodes(process.components, step)
    depths, scale = _depths(process, at)
    clone, blank = np.zeros((len(at.weights), size)), np.zeros((len(at.weights), size))
    single = np.eye(1, size, 1)[0]
    for tube in process.tubes:
        diluted = [marker.diluted(tube.aliquot) for marker in tube.markers]
        law = of_cell(diluted, depths, size, width)
        law[:, 0] = 1 - law[:, 0]
        clone += tube.cells / tube.aliquot * law
        for marker, rate in zip(tube.markers, tube.background, strict=False):
            if rate.mean:
                law = of_molecule(marker, depths, size, width)
                for node, factor in enumerate(scale):
                    blank[node] += mixed_intensity(law[node], tube.cells * rate.mean * factor, rate.shape)
        for rate in tube.carry_over:
            if rate.mean:
                blank += mixed_intensity(single, rate.mean / width, rate.shape)
    return Law(at, clone * scale[:, None], blank)


def _depths(process: Process, at: Nodes) -> tuple[F64, F64]:
    """What X multiplies: the reads per molecule, or the share of molecules that are seen."""
    factors = at.factors * process.correction
    ones = np.ones(len(factors))
    return (ones, factors) if process.umi else (factors, ones)


def lattice(process: Process, reads: int) -> int:
    """Reads in a unit of the lattice on which P(R <= reads) is computed, or 0 where it is approximated instead."""
    if reads <= max(EXACT, min(_FEW_COUNTS, _FEW_MOLECULES * process.rho)):
        return 1
    width = ceil((reads + 2) / UNITS)
    return width if process.rho >= _DEEP and width <= process.rho / _UNITS_A_MOLECULE else 0


def conditional_spread(process: Process, reads: int) -> float:
    """Relative standard deviation of the counts near `reads` where X is known."""
    single = 1.0 if process.umi else 1.0 + process.rho * exp(process.dispersion**2)
    return sqrt(single / max(reads, 1))


def cumulative(process: Process, reads: int, level: float) -> float:
    """P(R <= reads) at a true level, averaged over X.

    METHOD: exact up to `EXACT` counts. Beyond, where a molecule gives many reads, the same recursion on a lattice;
    else, at dozens of molecules, the translated gamma law of the same three moments (Seal, ASTIN Bull 1977).
    """
    from clonotrack.stats.kernels import mixed_cumulative  # noqa: PLC0415  (numba, 0.5 s)

    if reads < 0:
        return 0.0
    width = lattice(process, reads)
    step = step_for(process.components, conditional_spread(process, reads))
    if not width:
        return _translated_gamma(process, reads, level, step)
    place = (reads + 0.5) / width - 0.5
    below = int(place)
    law = law_of(process, size_of(below + 2), width, step)
    return float(mixed_cumulative(law.clone, law.blank, law.nodes.weights, level, below, place - below))


def size_of(needed: int) -> int:
    """Rounded up, so that laws are shared between numbers of reads."""
    return max(16, 1 << (needed - 1).bit_length())


def _translated_gamma(process: Process, reads: int, level: float, step: float) -> float:
    from scipy.special import gammainc  # noqa: PLC0415  (0.3 s, only where it is needed)

    clone, blank, weights = cumulants(process, step)
    mean, spread, third = level * clone + blank
    if not mean.any():
        return 1.0
    shape = 4 * spread**3 / third**2
    scale = third / (2 * spread)
    return float(weights @ gammainc(shape, np.maximum(0.0, (reads + 0.5 - mean) / scale + shape)))


@lru_cache(maxsize=256)
def cumulants(process: Process, step: float) -> tuple[F64, F64, F64]:
    """First three cumulants of R at the nodes of X: of the clone at level 1, of what is no clone; and the weights."""
    at = nodes(process.components, step)
    depths, scale = _depths(process, at)
    clone, blank = np.zeros((3, len(depths))), np.zeros((3, len(depths)))
    for tube in process.tubes:
        diluted = [marker.diluted(tube.aliquot) for marker in tube.markers]
        clone += tube.cells / tube.aliquot * moments(diluted, depths) * scale
        for marker, rate in zip(tube.markers, tube.background, strict=False):
            single = replace(marker, copies=1.0)
            blank += _mixed(tube.cells * rate.mean * moments((single,), depths) * scale, rate.shape)
        for rate in tube.carry_over:
            blank += _mixed(np.full((3, len(depths)), rate.mean), rate.shape)
    return clone, blank, at.weights


def _mixed(poisson: F64, shape: float) -> F64:
    """Cumulants of a compound Poisson sum whose rate is a gamma variable of mean one."""
    first, second, third = poisson
    return np.array([first, second + first**2 / shape, third + 3 * first * second / shape + 2 * first**3 / shape**2])
