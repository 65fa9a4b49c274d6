"""Interval, p-value, and the limits of blank, detection and quantification of one result row.

Every function takes a `Process` and speaks of levels f: clone cells per nucleated cell. Derived in
docs/statistics.md, in the same symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, hypot, log, sqrt
from statistics import NormalDist

import numpy as np

from clonotrack.quantify.process import (
    EXACT,
    Process,
    background_mean_variance,
    captured_molecule,
    clone_variance,
    cumulative,
    expected,
    lattice,
    probabilities,
)
from clonotrack.quantify.roots import crossing

DETECTED = 0.95
"""Share of samples at the limit of detection that are called, and of blank ones at or under the limit of blank."""
LARGEST_ERROR = 0.70
"""Root mean square error, relative, at the limit of quantification."""
WHOLE = 1.0
"""The level at which every cell is of the clone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The decision: positive with p <= alpha and at least `min_molecules` molecules."""

    alpha: float
    min_molecules: int


def interval(process: Process, reads: int, confidence: float) -> tuple[float, float]:
    """Two-sided limits of the true level for `reads` reads seen.

    METHOD: test inversion (Clopper & Pearson, Biometrika 1934; for Poisson counts Garwood, Biometrika 1936), with
    the calibrators' error added on the log scale by MOVER (Zou & Donner, Stat Med 2008). Without a read there is
    no estimate to start from, and the upper limit averages over the calibrators' error instead. The lower limit
    allows for the background, the upper one does not: where its rate is uncertain both err to the wide side.
    """
    tail = (1 - confidence) / 2
    start = max(reads, process.rho) / process.reads_per_level
    clean = process.without_background()
    if reads == 0:
        return 0.0, crossing(lambda level: expected(clean, lambda law: cumulative(law, 0, level)), tail, start)
    high = crossing(lambda level: cumulative(clean, reads, level), tail, start)
    low = 0.0
    if cumulative(process, reads - 1, 0.0) > 1 - tail:
        low = crossing(lambda level: cumulative(process, reads - 1, level), 1 - tail, start)
    return _with_calibration(process, reads, low, high, tail)


def _with_calibration(process: Process, reads: int, low: float, high: float, tail: float) -> tuple[float, float]:
    """MOVER: on the log scale the distances from the estimate of counting and of calibration add in quadrature."""
    estimate = reads / process.reads_per_level
    reach = NormalDist().inv_cdf(1 - tail) * process.log_sd
    upper = estimate * exp(hypot(max(0.0, log(high / estimate)), reach))
    lower = estimate * exp(-hypot(max(0.0, log(estimate / low)), reach)) if low else 0.0
    return lower, upper


def p_value(process: Process, reads: int) -> float:
    """P(R >= reads) without the clone; 1 for no read, 0 for any where there is no background."""
    if reads == 0:
        return 1.0
    if not process.background:
        return 0.0
    return max(0.0, 1 - expected(process, lambda law: cumulative(law, reads - 1, 0.0)))


@lru_cache(maxsize=512)
def least_reads(process: Process, molecules: int) -> int:
    """Reads that show `molecules` captured molecules: as many as these give in 95 % of the cases they give any.

    METHOD: fewer reads than that are not what so many molecules look like at this depth (stray reads of a deep run),
    and the demand loses at most 5 % of the molecules it is made of. A mean yield would lose half of them.
    """
    width = ceil(molecules * process.rho / EXACT)
    size = ceil(molecules * process.rho / width) + 2
    single, law = captured_molecule(process, size, width), np.eye(1, size)[0]
    for _ in range(molecules):
        law = np.convolve(law, single)[:size]
    missed = np.cumsum(law[1:]) / (1 - law[0])
    return max(molecules, 1 + width * int(np.searchsorted(missed, 1 - DETECTED, side="right")))


@lru_cache(maxsize=512)
def critical_reads(process: Process, rule: Rule) -> int:
    """Least number of reads that the rule calls: p <= alpha, and those of `min_molecules` molecules."""
    least = least_reads(process, rule.min_molecules)
    if not process.background:
        return least
    return _first(lambda reads: p_value(process, reads) <= rule.alpha, least)


def limit_of_blank(process: Process) -> float:
    """The level at or under which 95 % of samples without the clone fall (Armbruster & Pry 2008; CLSI EP17)."""
    if not process.background:
        return 0.0
    reads = _first(lambda seen: expected(process, lambda law: cumulative(law, seen, 0.0)) >= DETECTED, 0)
    return reads / process.reads_per_level


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


@lru_cache(maxsize=512)
def limit_of_detection(process: Process, rule: Rule) -> float:
    """The true level that this very rule calls in 95 % of samples.

    P(R >= critical reads) = 0.95 over counting, capture, amplification, background and what the calibrators leave
    open. Perfect seeing of every cell gives -ln(0.05) = 2.996 cells.
    """
    reads = critical_reads(process, rule)
    start = (reads / process.rho + 2) / process.molecules_per_level
    return crossing(lambda level: expected(process, lambda law: cumulative(law, reads - 1, level)), 1 - DETECTED, start)


@lru_cache(maxsize=512)
def limit_of_quantification(process: Process, rule: Rule) -> float:
    """The lowest level from the limit of detection on with an RMS error of at most 70 %, non-detects counted as 0.

    Where calibration alone is worse than that, no level is quantified: the level at which every cell is of the
    clone is given, if the limit of detection is not higher still.
    """
    lowest = limit_of_detection(process, rule)
    if rms_error(process, rule, lowest) <= LARGEST_ERROR:
        return lowest
    if rms_error(process, rule, max(WHOLE, lowest)) > LARGEST_ERROR:
        return max(WHOLE, lowest)
    return max(lowest, crossing(lambda level: rms_error(process, rule, level), LARGEST_ERROR, lowest))


def rms_error(process: Process, rule: Rule, level: float) -> float:
    """Root mean square error of the estimate at a true level, relative to it; a sample that is not called counts 0.

    E[(R / D f - 1)^2] over reads R, background included, and over an estimate of D that is log-normal about D with
    log sd tau and mean D, as a sum of calibrator reads is; under the critical reads the square is replaced by 1.
    """
    mean = level * process.reads_per_level
    bias, variance = background_mean_variance(process)
    first, second = 1 + bias / mean, (level * clone_variance(process) + variance) / mean**2
    off = exp(process.log_sd**2)
    total = (first**2 + second) * off**3 - 2 * first * off + 1
    reads = critical_reads(process, rule)
    width = lattice(process, reads) or ceil(reads / 256)
    law = probabilities(process, level, ceil(reads / width), width)
    missed = np.arange(len(law)) * width / mean
    return sqrt(total + float(law @ (1 - (missed - 1) ** 2)))
