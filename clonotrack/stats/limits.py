"""Compute interval, p-value, and the limits of blank, detection and quantification of one MRD row.

Each function takes a `CountModel`. R are the counts (reads, or molecules by UMI) as a random number, r the observed
counts. A level f is clone cells per nucleated cell. X is the unknown factor on the counts per molecule. The *blank* is
background and carry-over. docs/statistics.md derives the formulas in the same symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import CountModel
from clonotrack.stats.distribution import LATTICE_UNITS, cdf, conditional_sd, cumulants, lattice_width, row_intensities
from clonotrack.stats.reads_per_cell import captured_pmf
from clonotrack.stats.roots import solve_decreasing
from clonotrack.stats.uncertainty import quadrature_step

DETECTED_SHARE = 0.95
"""Share of samples at the LoD that are called positive, and of blank samples at or below the LoB."""
MAX_RMS_ERROR = 0.70
"""Largest relative root-mean-square error at the LoQ."""
ALL_CELLS = 1.0
"""The level at which every nucleated cell is a clone cell."""
_LOQ_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """When counts are called positive.

    Attributes:
        alpha: largest p-value of a positive result.
        min_molecules: captured molecules that the counts must at least correspond to.
    """

    alpha: float
    min_molecules: int


def interval(model: CountModel, counts: int, confidence: float) -> tuple[float, float]:
    """Compute the lower and upper confidence limit of the true level.

    METHOD: test inversion: P(R >= r | f_low) = P(R <= r | f_high) = (1 - confidence) / 2 (Clopper & Pearson, Biometrika
    1934; for Poisson counts Garwood, Biometrika 1936), averaged over X. Only the lower limit allows for background and
    carry-over. Their rates are uncertain, so the interval is too wide rather than too narrow. A few reads can be less
    than the mean of one molecule, so the lower limit is cut at the estimate.

    Args:
        model: model of the counts of the MRD row.
        counts: observed counts r.
        confidence: probability that the interval contains the true level, between 0 and 1.

    Returns:
        Lower and upper limit in clone cells per nucleated cell.
    """
    tail = (1 - confidence) / 2
    start = max(counts, model.counts_per_molecule) / model.counts_per_level
    clone_only = model.without_blank()
    high = solve_decreasing(lambda level: cdf(clone_only, counts, level), tail, start)
    low = 0.0
    if counts and cdf(model, counts - 1, 0.0) > 1 - tail:
        low = solve_decreasing(lambda level: cdf(model, counts - 1, level), 1 - tail, start)
    return min(low, counts / model.counts_per_level), high


def p_value(model: CountModel, counts: int) -> float:
    """Compute the p-value P(R >= counts), the probability of at least so many counts without the clone.

    It is 1 if no read or UMI was counted. For any other count it is 0 if the model has no background and no carry-over.
    """
    if counts == 0:
        return 1.0
    if not model.has_blank:
        return 0.0
    return max(0.0, 1 - cdf(model, counts - 1, 0.0))


@lru_cache(maxsize=4096)
def min_counts(model: CountModel, molecules: int) -> int:
    """Compute r_1, the counts that `molecules` captured molecules reach in 95 % of cases with at least one count.

    METHOD: r_1 is the 5 % quantile of the counts of `molecules` captured molecules, given at least one count. At a high
    depth fewer reads are stray reads and not molecules. This threshold loses at most 5 % of the molecules; the mean
    reads of a molecule as the threshold would lose half. By UMI a molecule is one count, so r_1 is `molecules`.
    """
    if model.umi:
        return molecules
    width = ceil(molecules * model.counts_per_molecule / LATTICE_UNITS)
    size = ceil(molecules * model.counts_per_molecule / width) + 2
    single, pmf = _mean_molecule_pmf(model, size, width), np.eye(1, size)[0]
    for _ in range(molecules):
        pmf = np.convolve(pmf, single)[:size]
    missed = np.cumsum(pmf[1:]) / (1 - pmf[0])
    return max(molecules, 1 + width * int(np.searchsorted(missed, 1 - DETECTED_SHARE, side="right")))


def _mean_molecule_pmf(model: CountModel, size: int, width: int) -> F64:
    """Compute the probabilities of the reads of a captured molecule, as the mean over markers and tubes.

    Returns:
        Probability of j units of `width` reads at position j, shape (size,).
    """
    pmf = np.zeros(size)
    for tube in model.tubes:
        for marker in tube.markers:
            share = tube.cells * marker.capture * marker.copies / model.molecules_per_level
            depth = np.array([marker.reads_per_molecule * model.bias_correction])
            pmf += share * captured_pmf(depth, marker.dispersion, size, width)[0]
    return pmf


@lru_cache(maxsize=4096)
def critical_count(model: CountModel, rule: DecisionRule) -> int:
    """Find r*, the smallest count that the decision rule calls positive."""
    least = min_counts(model, rule.min_molecules)
    if not model.has_blank:
        return least
    return _smallest(lambda counts: p_value(model, counts) <= rule.alpha, least)


@lru_cache(maxsize=4096)
def blank_count(model: CountModel, share: float = DETECTED_SHARE) -> int:
    """Find the smallest count that at least `share` of the samples without the clone do not exceed."""
    if not model.has_blank:
        return 0
    return _smallest(lambda counts: cdf(model, counts, 0.0) >= share, 0)


def limit_of_blank(model: CountModel) -> float:
    """Compute the LoB: the estimate that 95 % of samples without the clone do not exceed.

    It is a level in clone cells per nucleated cell (Armbruster & Pry, Clin Biochem Rev 2008; CLSI EP17).
    """
    return blank_count(model) / model.counts_per_level


def _smallest(condition: Callable[[int], bool], start: int) -> int:
    """Find the smallest number from `start` on that meets a condition; all larger numbers have to meet it too."""
    step = 1
    while not condition(start + step - 1):
        step *= 2
    low, high = start + step // 2, start + step - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if condition(middle) else (middle + 1, high)
    return low


@lru_cache(maxsize=4096)
def limit_of_detection(model: CountModel, rule: DecisionRule) -> float:
    """Compute the LoD: the true level that the decision rule calls positive in 95 % of samples.

    METHOD: P(R >= r* | LoD) = 0.95, with r* the critical count and every source of variation of the count model. So the
    rule that calls a sample also defines its LoD. If every clone cell is counted, the LoD is -ln(0.05) = 2.996 cells.

    Returns:
        The LoD in clone cells per nucleated cell.
    """
    counts = critical_count(model, rule)
    start = (counts / model.counts_per_molecule + 2) / model.molecules_per_level
    return solve_decreasing(lambda level: cdf(model, counts - 1, level), 1 - DETECTED_SHARE, start)


@lru_cache(maxsize=4096)
def limit_of_quantification(model: CountModel, rule: DecisionRule) -> float:
    """Compute the LoQ: the lowest level from the LoD on with a root-mean-square error of at most 70 %.

    A sample that is not called positive counts as an estimate of 0. If the uncertainty of the counts per molecule alone
    exceeds 70 %, no level has a small enough error. The LoQ is then 1, or the LoD if the LoD is above 1.

    Returns:
        The LoQ in clone cells per nucleated cell.
    """
    lowest = limit_of_detection(model, rule)
    return lowest_quantified(lambda level: rms_error(model, rule, level), lowest)


def lowest_quantified(error: Callable[[float], float], lowest: float) -> float:
    """Find the lowest level from `lowest` on with an error of at most 70 %; 1 (or `lowest` if above 1) without one.

    Args:
        error: function that returns the relative root-mean-square error of the estimate at a level.
        lowest: the LoD [clone cells per nucleated cell].
    """
    if error(lowest) <= MAX_RMS_ERROR:
        return lowest
    if error(max(ALL_CELLS, lowest)) > MAX_RMS_ERROR:
        return max(ALL_CELLS, lowest)
    return max(lowest, solve_decreasing(error, MAX_RMS_ERROR, lowest, _LOQ_TOLERANCE))


def rms_error(model: CountModel, rule: DecisionRule, level: float) -> float:
    """Compute the relative root-mean-square error of the estimate at a true level.

    METHOD: root of E[(R / (f D) - 1)^2] over the counts R and over X, with D the mean counts at level 1. Below the
    critical count the square is 1, because a sample that is not called positive counts as an estimate of 0.
    """
    mean = level * model.counts_per_level
    counts = critical_count(model, rule)
    step = quadrature_step(model.components, conditional_sd(model, counts))
    clone, blank, weights = cumulants(model, step)
    first, second = (level * clone[0] + blank[0]) / mean, (level * clone[1] + blank[1]) / mean**2
    total = float(weights @ (first**2 + second - 2 * first + 1))
    below, pmf = _not_called(model, level, counts, step)
    return sqrt(max(0.0, total + float(pmf @ (1 - (below / mean - 1) ** 2))))


def _not_called(model: CountModel, level: float, critical: int, step: float) -> tuple[F64, F64]:
    """Return the counts below the critical count, in steps of one lattice unit, and their probabilities at `level`."""
    from clonotrack.stats.kernels import compound_poisson_pmf  # noqa: PLC0415  (numba, 0.5 s)

    width = lattice_width(model, critical) or ceil(critical / LATTICE_UNITS)
    size = ceil(critical / width)
    row = row_intensities(model, max(2, size), width, step)
    parts = [
        weight * compound_poisson_pmf((level * clone + blank)[:size], level * clone[0] + blank[0])
        for weight, clone, blank in zip(row.quadrature.weights, row.clone, row.blank, strict=True)
    ]
    total: F64 = np.sum(parts, axis=0)
    return np.arange(size, dtype=np.float64) * width, total
