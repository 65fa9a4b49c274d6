"""Several markers of one clone: their counts as dependent numbers, and how far they agree.

METHOD: markers share the specimen's cells, not the molecules in a tube: with an aliquot a of the DNA and a capture c
the molecules that are seen of two markers correlate by a c (both are binomial thinnings of the same cells). The law of
a single marker is kept exactly, and a one-factor Gaussian copula with the counts' own mean correlation joins them.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from clonotrack.quantify.law import cumulants, cumulative
from clonotrack.quantify.process import Process
from clonotrack.sequence import F64

_NORMAL = NormalDist()
_CERTAIN = 1e-15
_WHOLE_STEP = 1.2


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
    from clonotrack.kernels.copula import joint_below  # noqa: PLC0415  (numba, 0.5 s)

    common = correlation(processes, level)
    single = [[cumulative(*pair, level) for pair in zip(processes, one, strict=True)] for one in counts]
    if not common:
        return np.prod(np.array(single), axis=1)
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
