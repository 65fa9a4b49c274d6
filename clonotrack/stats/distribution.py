"""Distribution function of the counts of a row: by exact recursion, on a lattice, or from three moments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, exp, sqrt

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import CountModel
from clonotrack.stats.reads_per_cell import cell_moments, cell_pmf, molecule_pmf
from clonotrack.stats.uncertainty import Quadrature, make_quadrature, quadrature_step

EXACT_COUNTS = 64
"""Counts up to which the distribution is always computed by recursion, at a cost of counts squared."""
LATTICE_UNITS = 256
"""Lattice units for the reads of deeply sequenced molecules."""

_EXACT_MOLECULES, _EXACT_READS = 20.0, 320
_LATTICE_DEPTH = 32.0
_UNITS_PER_MOLECULE = 8.0


@dataclass(frozen=True, slots=True)
class Intensities:
    """Compound Poisson intensities of a row on a lattice, at each node of X.

    Attributes:
        quadrature: nodes of X.
        clone: shape (nodes, size), expected cells that give j counts, at level 1; column 0 has the total above 0.
        blank: shape (nodes, size), the same for background and carry-over.
    """

    quadrature: Quadrature
    clone: F64
    blank: F64


@lru_cache(maxsize=256)
def row_intensities(model: CountModel, size: int, width: int, step: float) -> Intensities:
    """Compute the intensities of the clone at level 1 and of the blank.

    METHOD: clone, background and carry-over are each compound Poisson, and independent compound Poisson sums add up by
    adding their intensities (Panjer, ASTIN Bull 1981).

    Args:
        model: of the row.
        size: number of lattice points.
        width: reads in one unit of the lattice.
        step: in z, between the nodes of X.
    """
    from clonotrack.stats.kernels import negative_binomial_intensity  # noqa: PLC0415  (numba, 0.5 s)

    nodes = make_quadrature(model.components, step)
    depths, scale = _depth_and_scale(model, nodes)
    clone, blank = np.zeros((len(nodes.weights), size)), np.zeros((len(nodes.weights), size))
    single = np.eye(1, size, 1)[0]
    for tube in model.tubes:
        diluted = [marker.dilute(tube.aliquot) for marker in tube.markers]
        pmf = cell_pmf(diluted, depths, size, width)
        pmf[:, 0] = 1 - pmf[:, 0]
        clone += tube.cells / tube.aliquot * pmf
        for marker, rate in zip(tube.markers, tube.background, strict=False):
            if rate.mean:
                pmf = molecule_pmf(marker, depths, size, width)
                for node, factor in enumerate(scale):
                    blank[node] += negative_binomial_intensity(pmf[node], tube.cells * rate.mean * factor, rate.shape)
        for rate in tube.carry_over:
            if rate.mean:
                blank += negative_binomial_intensity(single, rate.mean / width, rate.shape)
    return Intensities(nodes, clone * scale[:, None], blank)


def _depth_and_scale(model: CountModel, nodes: Quadrature) -> tuple[F64, F64]:
    """Return X as factors on the reads per molecule, and on the number of molecules (if these are counted by UMI)."""
    factors = nodes.factors * model.bias_correction
    ones = np.ones(len(factors))
    return (ones, factors) if model.umi else (factors, ones)


def lattice_width(model: CountModel, counts: int) -> int:
    """Choose the reads in one lattice unit for P(R <= counts); 0 if the gamma approximation is used instead."""
    if counts <= max(EXACT_COUNTS, min(_EXACT_READS, _EXACT_MOLECULES * model.counts_per_molecule)):
        return 1
    width = ceil((counts + 2) / LATTICE_UNITS)
    is_deep = model.counts_per_molecule >= _LATTICE_DEPTH
    return width if is_deep and width <= model.counts_per_molecule / _UNITS_PER_MOLECULE else 0


def conditional_sd(model: CountModel, counts: int) -> float:
    """Compute the relative standard deviation of the counts near `counts` at known X."""
    single = 1.0 if model.umi else 1.0 + model.counts_per_molecule * exp(model.dispersion**2)
    return sqrt(single / max(counts, 1))


def cdf(model: CountModel, counts: int, level: float) -> float:
    """Compute P(R <= counts) at a true level, averaged over X.

    METHOD: Panjer's recursion, exact up to `EXACT_COUNTS` counts. Beyond, if a molecule gives many reads, the same
    recursion runs on a lattice. Otherwise, at dozens of molecules, a translated gamma distribution with the same three
    cumulants replaces it (Seal, ASTIN Bull 1977), because the recursion costs counts squared.
    """
    from clonotrack.stats.kernels import compound_poisson_cdf  # noqa: PLC0415  (numba, 0.5 s)

    if counts < 0:
        return 0.0
    width = lattice_width(model, counts)
    step = quadrature_step(model.components, conditional_sd(model, counts))
    if not width:
        return _translated_gamma_cdf(model, counts, level, step)
    position = (counts + 0.5) / width - 0.5
    last = int(position)
    row = row_intensities(model, padded_size(last + 2), width, step)
    return float(compound_poisson_cdf(row.clone, row.blank, row.quadrature.weights, level, last, position - last))


def padded_size(size: int) -> int:
    """Round a size up to a power of two, so that different counts share their cached intensities."""
    return max(16, 1 << (size - 1).bit_length())


def _translated_gamma_cdf(model: CountModel, counts: int, level: float, step: float) -> float:
    from scipy.special import gammainc  # noqa: PLC0415  (0.3 s, only if it is needed)

    clone, blank, weights = cumulants(model, step)
    mean, variance, third = level * clone + blank
    if not mean.any():
        return 1.0
    shape = 4 * variance**3 / third**2
    scale = third / (2 * variance)
    return float(weights @ gammainc(shape, np.maximum(0.0, (counts + 0.5 - mean) / scale + shape)))


@lru_cache(maxsize=256)
def cumulants(model: CountModel, step: float) -> tuple[F64, F64, F64]:
    """Compute the first three cumulants of the counts at each node of X.

    Returns:
        Cumulants of the clone at level 1, shape (3, nodes); of the blank, shape (3, nodes); weights, shape (nodes,).
    """
    nodes = make_quadrature(model.components, step)
    depths, scale = _depth_and_scale(model, nodes)
    clone, blank = np.zeros((3, len(depths))), np.zeros((3, len(depths)))
    for tube in model.tubes:
        diluted = [marker.dilute(tube.aliquot) for marker in tube.markers]
        clone += tube.cells / tube.aliquot * cell_moments(diluted, depths) * scale
        for marker, rate in zip(tube.markers, tube.background, strict=False):
            single = replace(marker, copies=1.0)
            poisson = tube.cells * rate.mean * cell_moments((single,), depths) * scale
            blank += _gamma_mixed_cumulants(poisson, rate.shape)
        for rate in tube.carry_over:
            blank += _gamma_mixed_cumulants(np.full((3, len(depths)), rate.mean), rate.shape)
    return clone, blank, nodes.weights


def _gamma_mixed_cumulants(poisson: F64, shape: float) -> F64:
    """Compute the cumulants of a compound Poisson sum whose rate is multiplied by a gamma variable of mean one."""
    first, second, third = poisson
    return np.array([first, second + first**2 / shape, third + 3 * first * second / shape + 2 * first**3 / shape**2])
