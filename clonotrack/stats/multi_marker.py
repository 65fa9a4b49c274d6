"""Several markers of one clone: their counts as dependent numbers, and how far they agree.

METHOD: markers share the specimen's cells, not the molecules in a tube: with an aliquot a of the DNA and a capture c
the molecules that are seen of two markers correlate by a c (both are binomial thinnings of the same cells). At few
molecules the joint law is exact: given the specimen's cells the markers are independent, and the cells are Poisson. At
many the law of a single marker is kept, and a one-factor Gaussian copula with the counts' own correlation joins them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, log, sqrt
from statistics import NormalDist

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import Process
from clonotrack.stats.distribution import UNITS, conditional_spread, cumulants, cumulative, lattice, law_of, size_of
from clonotrack.stats.uncertainty import step_for

_NORMAL = NormalDist()
_CERTAIN = 1e-15
_WHOLE_STEP = 1.2
_FEW_CELLS, _MOST_CELLS = 40.0, 1000.0
_CELLS_REACH = 7.0


def covariance(processes: Sequence[Process], level: float) -> F64:
    """Covariance of the markers' estimates of the level, shape (m, m).

    Off the diagonal: f sum C a E[S_i] E[S_j] by the cells that are shared, over D_i D_j, and where two markers rest on
    the same calibrators f^2 times the relative variance of their coefficient.
    """
    size = len(processes)
    result = np.empty((size, size))
    for i, one in enumerate(processes):
        clone, blank, weights = cumulants(one, _WHOLE_STEP)
        counting = float(weights @ (level * clone[1] + blank[1])) / one.per_level**2
        result[i, i] = counting + level**2 * one.relative_variance
        for j in range(i):
            result[i, j] = result[j, i] = _shared(one, processes[j], level)
    return result


def _shared(one: Process, other: Process, level: float) -> float:
    cells = 0.0
    for left in one.tubes:
        for right in other.tubes:
            counts = left.markers[0].counts_per_cell * right.markers[0].counts_per_cell
            cells += (left.cells * right.aliquot + right.cells * left.aliquot) / 2 * counts
    corrected = cells * one.correction * other.correction
    measured = _measured(one) if one.spread == other.spread and one.spread.calibration else 0.0
    return level * corrected / (one.per_level * other.per_level) + level**2 * measured


def _measured(process: Process) -> float:
    return sum(weight * process.spread.measured(eta) for eta, weight in process.spread.values)


def correlation(processes: Sequence[Process], level: float) -> float:
    """Mean correlation between the counts of the markers at a level."""
    if len(processes) == 1 or not level:
        return 0.0
    matrix = covariance(processes, level)
    deviations = np.sqrt(np.diag(matrix))
    ratios = matrix / np.outer(deviations, deviations)
    return float(min(0.99, (ratios.sum() - len(ratios)) / (len(ratios) * (len(ratios) - 1))))


def all_below(processes: Sequence[Process], counts: Sequence[Sequence[int]], level: float) -> F64:
    """P(every marker shows at most its counts) at a true level, for several such sets of counts, shape (sets,)."""
    if max(map(_specimen, processes)) * level <= _MOST_CELLS and _few(processes, counts):
        return _given_cells(processes, counts, level)
    return _by_copula(processes, counts, level)


def _few(processes: Sequence[Process], counts: Sequence[Sequence[int]]) -> bool:
    """Whether every marker shows so few molecules that their joint law is exact."""
    most = [max(column) for column in zip(*counts, strict=True)]
    pairs = list(zip(processes, most, strict=True))
    molecules = max(count / process.rho / _share(process) for process, count in pairs)
    return molecules <= _FEW_CELLS and all(count <= UNITS and lattice(process, count) == 1 for process, count in pairs)


def _share(process: Process) -> float:
    """Captured molecules for each cell of the specimen."""
    return process.molecules_per_level / _specimen(process)


def _specimen(process: Process) -> float:
    """Cells of the specimen that the tubes are parts of."""
    return process.cells / sum(tube.aliquot for tube in process.tubes)


def _given_cells(processes: Sequence[Process], counts: Sequence[Sequence[int]], level: float) -> F64:
    mean = level * sum(map(_specimen, processes)) / len(processes)
    most = 16
    while most < mean + _CELLS_REACH * sqrt(mean) + _CELLS_REACH:
        most *= 2
    joint = np.ones((most + 1, len(counts)))
    for process, column in zip(processes, zip(*counts, strict=True), strict=True):
        below = _below_given_cells(process, size_of(max(column) + 2), max(column), most)
        joint *= np.where(np.array(column) >= 0, below[:, np.maximum(0, column)], 0.0)
    cells = np.arange(most + 1)
    log_law = cells * log(mean) - mean - _log_factorials(most) if mean else np.where(cells == 0, 0.0, -inf)
    found: F64 = np.exp(log_law) @ joint
    return found


@lru_cache(maxsize=64)
def _log_factorials(most: int) -> F64:
    total: F64 = np.cumsum(np.log(np.maximum(1, np.arange(most + 1))))
    return total


@lru_cache(maxsize=256)
def _below_given_cells(process: Process, size: int, counts: int, most: int) -> F64:
    """P(R <= r) at each number of the specimen's cells, shape (most + 1, size), X resolved as `counts` need it."""
    from clonotrack.stats.kernels import below_given_cells, compound_poisson  # noqa: PLC0415  (numba, 0.5 s)

    law = law_of(process, size, 1, step_for(process.components, conditional_spread(process, counts)))
    severity = law.clone / _specimen(process)
    severity[:, 0] = 1 - severity[:, 0]
    blank = np.array([compound_poisson(row, row[0]) for row in law.blank])
    found: F64 = below_given_cells(severity, blank, law.nodes.weights, most)
    return found


def _by_copula(processes: Sequence[Process], counts: Sequence[Sequence[int]], level: float) -> F64:
    from clonotrack.stats.kernels import joint_below  # noqa: PLC0415  (numba, 0.5 s)

    common = correlation(processes, level)
    single = [[cumulative(*pair, level) for pair in zip(processes, one, strict=True)] for one in counts]
    if not common:
        independent: F64 = np.prod(np.array(single), axis=1)
        return independent
    scores = [[_NORMAL.inv_cdf(min(max(chance, _CERTAIN), 1 - _CERTAIN)) for chance in one] for one in single]
    joint: F64 = joint_below(np.array(scores), common)
    return joint


def disagreement(processes: Sequence[Process], counts: Sequence[int]) -> float:
    """P-value of the markers showing one level: generalised least squares, chi-squared on m - 1 degrees of freedom."""
    from scipy.special import gammaincc  # noqa: PLC0415  (0.3 s, only where it is needed)

    estimates = np.array([count / process.per_level for count, process in zip(counts, processes, strict=True)])
    level = sum(counts) / sum(process.per_level for process in processes)
    inverse = np.linalg.inv(covariance(processes, level))
    off = estimates - (inverse @ estimates).sum() / inverse.sum()
    return float(gammaincc((len(counts) - 1) / 2, off @ inverse @ off / 2))
