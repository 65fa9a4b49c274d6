"""Interval, p-value, and the limits of blank, detection and quantification of one row.

Each function takes a `CountModel`. Levels f are clone cells per nucleated cell. docs/statistics.md derives the formulas
in the same symbols.
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
    """When a count is called positive: p at or below `alpha`, and the counts of at least `min_molecules` molecules."""

    alpha: float
    min_molecules: int


def interval(model: CountModel, counts: int, confidence: float) -> tuple[float, float]:
    """Compute the lower and upper confidence limit of the true level.

    METHOD: test inversion: P(R >= r | f_low) = P(R <= r | f_high) = (1 - confidence) / 2 (Clopper & Pearson, Biometrika
    1934; for Poisson counts Garwood, Biometrika 1936), averaged over X. Only the lower limit allows for the blank. The
    rates of the blank are uncertain, so this makes both limits err to the wide side. Fewer reads than one molecule
    gives are no level of their own, so the lower limit is never above the estimate.
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
    """Compute P(R >= counts) without the clone: 1 for no count, 0 for any count if there is no blank."""
    if counts == 0:
        return 1.0
    if not model.has_blank:
        return 0.0
    return max(0.0, 1 - cdf(model, counts - 1, 0.0))


@lru_cache(maxsize=4096)
def min_counts(model: CountModel, molecules: int) -> int:
    """Compute r_1, the counts that `molecules` captured molecules reach in 95 % of cases with at least one count.

    METHOD: the 5 % quantile of the counts of that many molecules, given at least one count. Fewer reads do not look
    like molecules at this depth: they are stray reads of a deep run. The demand loses at most 5 % of the molecules; the
    mean yield as the threshold would lose half. By UMI a molecule is one count.
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
    """Compute P(reads of a captured molecule) over markers and tubes, in units of `width` reads, shape (size,)."""
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
    """Find the smallest count that a share of samples without the clone do not exceed."""
    if not model.has_blank:
        return 0
    return _smallest(lambda counts: cdf(model, counts, 0.0) >= share, 0)


def limit_of_blank(model: CountModel) -> float:
    """Compute the LoB: the value that 95 % of samples without the clone do not exceed (Armbruster & Pry 2008; EP17)."""
    return blank_count(model) / model.counts_per_level


def _smallest(condition: Callable[[int], bool], start: int) -> int:
    """Find the smallest number from `start` on that meets a condition which stays true once it is met."""
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

    METHOD: P(R >= r* | LoD) = 0.95, with every source of variation of the count model. The rule that judges a sample
    also defines its limit. If every cell is seen, the LoD is -ln(0.05) = 2.996 cells.
    """
    counts = critical_count(model, rule)
    start = (counts / model.counts_per_molecule + 2) / model.molecules_per_level
    return solve_decreasing(lambda level: cdf(model, counts - 1, level), 1 - DETECTED_SHARE, start)


@lru_cache(maxsize=4096)
def limit_of_quantification(model: CountModel, rule: DecisionRule) -> float:
    """Compute the LoQ: the lowest level from the LoD on with a root-mean-square error of at most 70 %.

    A sample that is not called positive counts as an estimate of 0. If the counts per molecule alone are known no
    better than 70 %, no level qualifies. The LoQ is then 1, or the LoD if that is higher.
    """
    lowest = limit_of_detection(model, rule)
    return lowest_quantified(lambda level: rms_error(model, rule, level), lowest)


def lowest_quantified(error: Callable[[float], float], lowest: float) -> float:
    """Find the lowest level from `lowest` on with an error of at most 70 %.

    Args:
        error: relative root-mean-square error at a level.
        lowest: the LoD.
    """
    if error(lowest) <= MAX_RMS_ERROR:
        return lowest
    if error(max(ALL_CELLS, lowest)) > MAX_RMS_ERROR:
        return max(ALL_CELLS, lowest)
    return max(lowest, solve_decreasing(error, MAX_RMS_ERROR, lowest, _LOQ_TOLERANCE))


def rms_error(model: CountModel, rule: DecisionRule, level: float) -> float:
    """Compute the relative root-mean-square error of the estimate at a true level.

    METHOD: E[(R / (f D) - 1)^2] over the counts R and over X. Below the critical count the square is 1, because a
    sample that is not called positive counts as an estimate of 0.
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
    """Return the counts below the critical count, in steps of a lattice, and their probabilities."""
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
