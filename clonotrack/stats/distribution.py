"""Compute the distribution function of the counts R of one MRD row.

Small counts have the exact recursion of the compound Poisson distribution. Large counts of deep molecules have the same
recursion on a lattice, which groups `width` reads into one unit. Other large counts have a gamma distribution with the
same three cumulants. X is the unknown factor on the counts per molecule. Its distribution is represented by quadrature
nodes: values of X, each with a weight.
"""

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
"""Counts up to which the distribution is always computed by exact recursion. Its time grows with counts squared."""
LATTICE_UNITS = 256
"""Number of lattice units into which the reads of deeply sequenced molecules are grouped."""

_EXACT_MOLECULES, _EXACT_READS = 20.0, 320
_LATTICE_DEPTH = 32.0
_UNITS_PER_MOLECULE = 8.0


@dataclass(frozen=True, slots=True)
class Intensities:
    """Compound Poisson intensities of one MRD row: expected number of events that give j lattice units of counts.

    An event is a clone cell, or a cluster of background molecules or carried-over reads. Rows are the nodes of X, and
    column j > 0 is the intensity of j units. Column 0 is the total intensity of all j > 0.

    Attributes:
        quadrature: nodes of X.
        clone: intensities of the clone if every nucleated cell were a clone cell, shape (nodes, size).
        blank: intensities of background and carry-over, shape (nodes, size).
    """

    quadrature: Quadrature
    clone: F64
    blank: F64


@lru_cache(maxsize=256)
def row_intensities(model: CountModel, size: int, width: int, step: float) -> Intensities:
    """Compute the compound Poisson intensities of the clone at level 1, and of the blank (background and carry-over).

    METHOD: clone, background and carry-over are each compound Poisson, and independent compound Poisson sums add up by
    adding their intensities (Panjer, ASTIN Bull 1981).

    Args:
        model: model of the counts of the MRD row.
        size: number of columns: 0 to size - 1 lattice units.
        width: reads in one lattice unit.
        step: distance between the nodes of X, in standard deviations of a normal deviate.
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
    """Return the factors of X on the reads per molecule and on the number of molecules, shape (nodes,) each.

    If reads are counted, X acts on the reads per molecule. If molecules are counted by UMI, X acts on their number. The
    other factors are 1.
    """
    factors = nodes.factors * model.bias_correction
    ones = np.ones(len(factors))
    return (ones, factors) if model.umi else (factors, ones)


def lattice_width(model: CountModel, counts: int) -> int:
    """Choose the reads in one lattice unit for P(R <= counts).

    Returns:
        1 for the exact recursion, more for a lattice, 0 for the gamma approximation.
    """
    if counts <= max(EXACT_COUNTS, min(_EXACT_READS, _EXACT_MOLECULES * model.counts_per_molecule)):
        return 1
    width = ceil((counts + 2) / LATTICE_UNITS)
    is_deep = model.counts_per_molecule >= _LATTICE_DEPTH
    return width if is_deep and width <= model.counts_per_molecule / _UNITS_PER_MOLECULE else 0


def conditional_sd(model: CountModel, counts: int) -> float:
    """Compute the relative standard deviation of counts with the mean `counts` if X is known exactly."""
    single = 1.0 if model.umi else 1.0 + model.counts_per_molecule * exp(model.dispersion**2)
    return sqrt(single / max(counts, 1))


def cdf(model: CountModel, counts: int, level: float) -> float:
    """Compute P(R <= counts), the probability of at most so many counts at a true level, averaged over X.

    METHOD: Panjer's recursion, exact up to `EXACT_COUNTS` counts. For more counts, if a molecule gives many reads, the
    same recursion runs on a lattice. Otherwise, at dozens of molecules, a translated gamma distribution with the same
    three cumulants replaces the recursion (Seal, ASTIN Bull 1977), whose time grows with counts squared.

    Args:
        model: model of the counts of the MRD row.
        counts: reads, or molecules by UMI; below 0 the probability is 0.
        level: true clone cells per nucleated cell.
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
    """Round an array size up to a power of two, at least 16, so that similar counts share their cached intensities."""
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

    Args:
        model: model of the counts of the MRD row.
        step: distance between the nodes of X, in standard deviations of a normal deviate.

    Returns:
        Cumulants of the clone if every nucleated cell were a clone cell, shape (3, nodes); cumulants of background and
        carry-over, shape (3, nodes); weights of the nodes, shape (nodes,).
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
    """Compute the cumulants of a compound Poisson sum whose rate is multiplied by a gamma variable of mean 1.

    Args:
        poisson: first three cumulants at the mean rate, shape (3, nodes).
        shape: gamma shape of the rate.
    """
    first, second, third = poisson
    return np.array([first, second + first**2 / shape, third + 3 * first * second / shape + 2 * first**3 / shape**2])
