"""Compute the joint distribution of the counts of several markers of one clone, and test whether the markers agree.

METHOD: markers share the cells of the specimen but not the molecules in a tube. The captured molecules of each marker
are a random part (binomial thinning) of the same cells. So the captured molecules of two markers have the correlation
a c, where a is the aliquot (share of the specimen in the tube) and c the capture. For few molecules the joint
distribution is exact: it sums over the Poisson number of clone cells, given which the markers are independent. For many
molecules a one-factor Gaussian copula with the correlation of the counts joins the distributions of the single markers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, log, sqrt
from statistics import NormalDist

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import CountModel
from clonotrack.stats.distribution import (
    LATTICE_UNITS,
    cdf,
    conditional_sd,
    cumulants,
    lattice_width,
    padded_size,
    row_intensities,
)
from clonotrack.stats.uncertainty import quadrature_step

_NORMAL = NormalDist()
_SMALLEST_PROBABILITY = 1e-15
_WIDEST_STEP = 1.2
_EXACT_MOLECULES, _EXACT_CELLS = 40.0, 1000.0
_STANDARD_DEVIATIONS = 7.0


def covariance(models: Sequence[CountModel], level: float) -> F64:
    """Compute the covariance matrix of the markers' estimates of the level.

    METHOD: off the diagonal f sum C a E[S_i] E[S_j] / (D_i D_j) over the tubes, because the markers share cells. C is
    the nucleated cells and a the aliquot of a tube. For marker i, S_i are the counts of one clone cell and D_i the mean
    counts at level 1. If two markers use the same calibrators, f^2 times the relative variance of the measured counts
    per molecule is added.

    Args:
        models: count models of the m markers.
        level: f, true clone cells per nucleated cell.

    Returns:
        Covariance of the estimates of each pair of markers, shape (m, m).
    """
    size = len(models)
    result = np.empty((size, size))
    for i, left in enumerate(models):
        clone, blank, weights = cumulants(left, _WIDEST_STEP)
        counting = float(weights @ (level * clone[1] + blank[1])) / left.counts_per_level**2
        result[i, i] = counting + level**2 * left.relative_variance
        for j in range(i):
            result[i, j] = result[j, i] = _shared_covariance(left, models[j], level)
    return result


def _shared_covariance(first: CountModel, second: CountModel, level: float) -> float:
    cells = 0.0
    for left in first.tubes:
        for right in second.tubes:
            counts = left.markers[0].counts_per_cell * right.markers[0].counts_per_cell
            cells += (left.cells * right.aliquot + right.cells * left.aliquot) / 2 * counts
    corrected = cells * first.bias_correction * second.bias_correction
    same = first.uncertainty == second.uncertainty and first.uncertainty.calibration_log_sd
    measured = _measured_variance(first) if same else 0.0
    return level * corrected / (first.counts_per_level * second.counts_per_level) + level**2 * measured


def _measured_variance(model: CountModel) -> float:
    uncertainty = model.uncertainty
    return sum(weight * uncertainty.measured_variance(eta) for eta, weight in uncertainty.eta_values)


def correlation(models: Sequence[CountModel], level: float) -> float:
    """Compute the correlation between the counts of two markers at a true level, as the mean over all pairs."""
    if len(models) == 1 or not level:
        return 0.0
    matrix = covariance(models, level)
    deviations = np.sqrt(np.diag(matrix))
    ratios = matrix / np.outer(deviations, deviations)
    return float(min(0.99, (ratios.sum() - len(ratios)) / (len(ratios) * (len(ratios) - 1))))


def joint_cdf(models: Sequence[CountModel], counts: Sequence[Sequence[int]], level: float) -> F64:
    """Compute the probability that no marker has more than its entry in a set of counts, at a true level.

    Args:
        models: count models of the m markers.
        counts: one or more sets of m counts, in the order of `models`.
        level: f, true clone cells per nucleated cell.

    Returns:
        Probability for each set of counts, shape (sets,).
    """
    if max(map(_specimen_cells, models)) * level <= _EXACT_CELLS and _has_few_molecules(models, counts):
        return _cdf_over_cells(models, counts, level)
    return _copula_cdf(models, counts, level)


def _has_few_molecules(models: Sequence[CountModel], counts: Sequence[Sequence[int]]) -> bool:
    """Return whether every marker has few enough molecules for the exact joint distribution."""
    largest = [max(column) for column in zip(*counts, strict=True)]
    pairs = list(zip(models, largest, strict=True))
    molecules = max(count / model.counts_per_molecule / _captured_per_cell(model) for model, count in pairs)
    is_exact = (count <= LATTICE_UNITS and lattice_width(model, count) == 1 for model, count in pairs)
    return molecules <= _EXACT_MOLECULES and all(is_exact)


def _captured_per_cell(model: CountModel) -> float:
    """Compute the mean captured molecules of the marker for each clone cell of the specimen."""
    return model.molecules_per_level / _specimen_cells(model)


def _specimen_cells(model: CountModel) -> float:
    """Compute the nucleated cells of the specimen that the tubes are parts of."""
    return model.cells / sum(tube.aliquot for tube in model.tubes)


def _cdf_over_cells(models: Sequence[CountModel], counts: Sequence[Sequence[int]], level: float) -> F64:
    """Sum the product of the markers' distributions over the Poisson number of clone cells in the specimen."""
    mean = level * sum(map(_specimen_cells, models)) / len(models)
    max_cells = 16
    while max_cells < mean + _STANDARD_DEVIATIONS * sqrt(mean) + _STANDARD_DEVIATIONS:
        max_cells *= 2
    joint = np.ones((max_cells + 1, len(counts)))
    for model, column in zip(models, zip(*counts, strict=True), strict=True):
        below = _cdf_given_cells(model, padded_size(max(column) + 2), max(column), max_cells)
        joint *= np.where(np.array(column) >= 0, below[:, np.maximum(0, column)], 0.0)
    cells = np.arange(max_cells + 1)
    log_pmf = cells * log(mean) - mean - _log_factorials(max_cells) if mean else np.where(cells == 0, 0.0, -inf)
    result: F64 = np.exp(log_pmf) @ joint
    return result


@lru_cache(maxsize=64)
def _log_factorials(largest: int) -> F64:
    total: F64 = np.cumsum(np.log(np.maximum(1, np.arange(largest + 1))))
    return total


@lru_cache(maxsize=256)
def _cdf_given_cells(model: CountModel, size: int, counts: int, max_cells: int) -> F64:
    """Compute P(R <= r), with R the counts of a marker, for each number of clone cells in the specimen.

    Args:
        model: count model of the marker.
        size: number of columns: counts r from 0 to size - 1.
        counts: typical counts; they determine the step between the quadrature nodes of X.
        max_cells: largest number of clone cells.

    Returns:
        Shape (max_cells + 1, size).
    """
    from clonotrack.stats.kernels import cdf_given_cells, compound_poisson_pmf  # noqa: PLC0415  (numba, 0.5 s)

    row = row_intensities(model, size, 1, quadrature_step(model.components, conditional_sd(model, counts)))
    severity = row.clone / _specimen_cells(model)
    severity[:, 0] = 1 - severity[:, 0]
    blank = np.array([compound_poisson_pmf(intensity, intensity[0]) for intensity in row.blank])
    result: F64 = cdf_given_cells(severity, blank, row.quadrature.weights, max_cells)
    return result


def _copula_cdf(models: Sequence[CountModel], counts: Sequence[Sequence[int]], level: float) -> F64:
    from clonotrack.stats.kernels import gaussian_copula_cdf  # noqa: PLC0415  (numba, 0.5 s)

    common = correlation(models, level)
    single = [[cdf(*pair, level) for pair in zip(models, row, strict=True)] for row in counts]
    if not common:
        independent: F64 = np.prod(np.array(single), axis=1)
        return independent
    low, high = _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY
    scores = [[_NORMAL.inv_cdf(min(max(probability, low), high)) for probability in row] for row in single]
    joint: F64 = gaussian_copula_cdf(np.array(scores), common)
    return joint


def disagreement_p_value(models: Sequence[CountModel], counts: Sequence[int]) -> float:
    """Test whether all markers have one common level, and return the p-value.

    METHOD: generalised least squares with the covariance of the m estimates. The weighted sum of squares is chi-squared
    with m - 1 degrees of freedom. Markers share cells, so their estimates are correlated, and a chi-squared test for
    independent estimates would not hold.
    """
    from scipy.special import gammaincc  # noqa: PLC0415  (0.3 s, only if it is needed)

    estimates = np.array([count / model.counts_per_level for count, model in zip(counts, models, strict=True)])
    level = sum(counts) / sum(model.counts_per_level for model in models)
    inverse = np.linalg.inv(covariance(models, level))
    residuals = estimates - (inverse @ estimates).sum() / inverse.sum()
    return float(gammaincc((len(counts) - 1) / 2, residuals @ inverse @ residuals / 2))
