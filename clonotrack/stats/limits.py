"""Interval, p-value, and the limits of blank, detection and quantification of one result row.

Every function takes a `Process` and speaks of levels f: clone cells per nucleated cell. Derived in
docs/statistics.md, in the same symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt

import numpy as np

from clonotrack.sequences import F64
from clonotrack.stats.count_model import Process
from clonotrack.stats.distribution import UNITS, conditional_spread, cumulants, cumulative, lattice, law_of
from clonotrack.stats.reads_per_cell import captured
from clonotrack.stats.roots import crossing
from clonotrack.stats.uncertainty import step_for

DETECTED = 0.95
"""Share of samples at the limit of detection that are called, and of blank ones at or under the limit of blank."""
LARGEST_ERROR = 0.70
"""Root mean square error, relative, at the limit of quantification."""
_QUANTIFIED = 1e-4
WHOLE = 1.0
"""The level at which every cell is of the clone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The decision: positive with p <= alpha and at least `min_molecules` molecules."""

    alpha: float
    min_molecules: int


def interval(process: Process, counts: int, confidence: float) -> tuple[float, float]:
    """Two-sided limits of the true level for `counts` counts seen.

    METHOD: test inversion (Clopper & Pearson, Biometrika 1934; for Poisson counts Garwood, Biometrika 1936), each
    tail averaged over what is not known of the counts per molecule. The lower limit allows for background and
    carry-over, the upper one does not: where their rates are uncertain both err to the wide side. Fewer reads than a
    molecule gives are no level of their own, so the lower limit is never over the estimate.
    """
    tail = (1 - confidence) / 2
    start = max(counts, process.rho) / process.per_level
    clean = process.without_blank()
    high = crossing(lambda level: cumulative(clean, counts, level), tail, start)
    low = 0.0
    if counts and cumulative(process, counts - 1, 0.0) > 1 - tail:
        low = crossing(lambda level: cumulative(process, counts - 1, level), 1 - tail, start)
    return min(low, counts / process.per_level), high


def p_value(process: Process, counts: int) -> float:
    """P(R >= counts) without the clone; 1 for no count, 0 for any where nothing else can give one."""
    if counts == 0:
        return 1.0
    if not process.has_blank:
        return 0.0
    return max(0.0, 1 - cumulative(process, counts - 1, 0.0))


@lru_cache(maxsize=4096)
def least_counts(process: Process, molecules: int) -> int:
    """Counts that show `molecules` captured molecules: as many as these give in 95 % of the cases they give any.

    METHOD: fewer reads than that are not what so many molecules look like at this depth (stray reads of a deep run),
    and the demand loses at most 5 % of the molecules it is made of. A mean yield would lose half of them. A molecule
    by UMI is one count.
    """
    if process.umi:
        return molecules
    width = ceil(molecules * process.rho / UNITS)
    size = ceil(molecules * process.rho / width) + 2
    single, law = _molecule(process, size, width), np.eye(1, size)[0]
    for _ in range(molecules):
        law = np.convolve(law, single)[:size]
    missed = np.cumsum(law[1:]) / (1 - law[0])
    return max(molecules, 1 + width * int(np.searchsorted(missed, 1 - DETECTED, side="right")))


def _molecule(process: Process, size: int, width: int) -> F64:
    """P(reads of a captured molecule of the clone, in units of `width`), over the markers and tubes, shape (size,)."""
    law = np.zeros(size)
    for tube in process.tubes:
        for marker in tube.markers:
            share = tube.cells * marker.capture * marker.copies / process.molecules_per_level
            depth = np.array([marker.rho * process.correction])
            law += share * captured(depth, marker.dispersion, size, width)[0]
    return law


@lru_cache(maxsize=4096)
def critical_counts(process: Process, rule: Rule) -> int:
    """Least number of counts that the rule calls: p <= alpha, and those of `min_molecules` molecules."""
    least = least_counts(process, rule.min_molecules)
    if not process.has_blank:
        return least
    return _first(lambda counts: p_value(process, counts) <= rule.alpha, least)


@lru_cache(maxsize=4096)
def blank_counts(process: Process, share: float = DETECTED) -> int:
    """The counts at or under which a share of samples without the clone fall."""
    if not process.has_blank:
        return 0
    return _first(lambda seen: cumulative(process, seen, 0.0) >= share, 0)


def limit_of_blank(process: Process) -> float:
    """The level at or under which 95 % of samples without the clone fall (Armbruster & Pry 2008; CLSI EP17)."""
    return blank_counts(process) / process.per_level


def _first(holds: Callable[[int], bool], start: int) -> int:
    """Least whole number from `start` on for which a rising condition holds."""
    step = 1
    while not holds(start + step - 1):
        step *= 2
    low, high = start + step // 2, start + step - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


@lru_cache(maxsize=4096)
def limit_of_detection(process: Process, rule: Rule) -> float:
    """The true level that this very rule calls in 95 % of samples.

    P(R >= critical counts) = 0.95 over counting, capture, amplification, background, carry-over and what is not
    known of the counts per molecule. Perfect seeing of every cell gives -ln(0.05) = 2.996 cells.
    """
    counts = critical_counts(process, rule)
    start = (counts / process.rho + 2) / process.molecules_per_level
    return crossing(lambda level: cumulative(process, counts - 1, level), 1 - DETECTED, start)


@lru_cache(maxsize=4096)
def limit_of_quantification(process: Process, rule: Rule) -> float:
    """The lowest level from the limit of detection on with an RMS error of at most 70 %, non-detects counted as 0.

    Where the counts per molecule are known no better than that, no level is quantified: the level at which every
    cell is of the clone is given, if the limit of detection is not higher still.
    """
    lowest = limit_of_detection(process, rule)
    return lowest_quantified(lambda level: rms_error(process, rule, level), lowest)


def lowest_quantified(error: Callable[[float], float], lowest: float) -> float:
    """The lowest level from `lowest` on at which an RMS error comes down to 70 %."""
    if error(lowest) <= LARGEST_ERROR:
        return lowest
    if error(max(WHOLE, lowest)) > LARGEST_ERROR:
        return max(WHOLE, lowest)
    return max(lowest, crossing(error, LARGEST_ERROR, lowest, _QUANTIFIED))


def rms_error(process: Process, rule: Rule, level: float) -> float:
    """Root mean square error of the estimate at a true level, relative to it; a sample that is not called counts 0.

    E[(R / f D - 1)^2] over counts R and over X; under the critical counts the square is replaced by 1.
    """
    mean = level * process.per_level
    counts = critical_counts(process, rule)
    step = step_for(process.components, conditional_spread(process, counts))
    clone, blank, weights = cumulants(process, step)
    first, second = (level * clone[0] + blank[0]) / mean, (level * clone[1] + blank[1]) / mean**2
    total = float(weights @ (first**2 + second - 2 * first + 1))
    below, law = _uncalled(process, level, counts, step)
    return sqrt(max(0.0, total + float(law @ (1 - (below / mean - 1) ** 2))))


def _uncalled(process: Process, level: float, counts: int, step: float) -> tuple[F64, F64]:
    """The numbers of counts that the rule does not call, in units of a lattice, and their probabilities."""
    from clonotrack.stats.kernels import compound_poisson  # noqa: PLC0415  (numba, 0.5 s)

    width = lattice(process, counts) or ceil(counts / UNITS)
    size = ceil(counts / width)
    law = law_of(process, max(2, size), width, step)
    parts = [
        weight * compound_poisson((level * clone + blank)[:size], level * clone[0] + blank[0])
        for weight, clone, blank in zip(law.nodes.weights, law.clone, law.blank, strict=True)
    ]
    total: F64 = np.sum(parts, axis=0)
    return np.arange(size, dtype=np.float64) * width, total
