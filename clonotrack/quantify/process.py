"""The reads of one result row as a random number: compound Poisson in clone cells, plus background.

Symbols as in docs/statistics.md: at a true level f a tube of C cells holds Poisson(f C) clone cells, and background
molecules of a marker come at b per nucleated cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp

import numpy as np

from clonotrack.quantify.severity import Seeing, captured, moments, of_cell, of_molecule
from clonotrack.sequence import F64

EXACT = 256
"""Reads, or lattice units, up to which the distribution is computed by recursion; it costs their square."""

_DEEP = 32.0
_UNITS_A_MOLECULE = 8.0
_NODES = ((0.0, 8 / 15), (1.3556261799742659, 0.2220759220056126), (2.8569700138728056, 0.0112574113277207))


@dataclass(frozen=True, slots=True)
class Tube:
    """One tube of a row: its cells C, how each marker of the row is seen in it, and their background rates b."""

    cells: float
    markers: tuple[Seeing, ...]
    background: tuple[float, ...]

    def deeper(self, factor: float) -> Tube:
        """The same tube at `factor` times as many reads per molecule."""
        return Tube(self.cells, tuple(marker.deeper(factor) for marker in self.markers), self.background)


@dataclass(frozen=True, slots=True)
class Process:
    """What the reads of a row are drawn from: its tubes, and tau, the standard error of log(reads per cell).

    Cells of several tubes add up; a row over several markers counts the reads of all of them.
    """

    tubes: tuple[Tube, ...]
    log_sd: float = 0.0

    @property
    def reads_per_level(self) -> float:
        """D, mean reads of the clone at level 1: the estimate of a level is reads / D."""
        return sum(tube.cells * marker.reads_per_cell for tube in self.tubes for marker in tube.markers)

    @property
    def molecules_per_level(self) -> float:
        """Captured molecules of the clone at level 1."""
        return sum(tube.cells * marker.capture * marker.copies for tube in self.tubes for marker in tube.markers)

    @property
    def rho(self) -> float:
        """Reads per captured molecule, over all markers and tubes."""
        return self.reads_per_level / self.molecules_per_level

    @property
    def background(self) -> float:
        """Expected background molecules in the tubes, captured or not."""
        return sum(tube.cells * rate for tube in self.tubes for rate in tube.background)

    def without_background(self) -> Process:
        """The same row where nothing but the clone gives reads."""
        tubes = tuple(Tube(tube.cells, tube.markers, (0.0,) * len(tube.markers)) for tube in self.tubes)
        return Process(tubes, self.log_sd)

    def deeper(self, factor: float) -> Process:
        """The same row at `factor` times as many reads per molecule."""
        return Process(tuple(tube.deeper(factor) for tube in self.tubes), self.log_sd)


@lru_cache(maxsize=512)
def intensities(process: Process, size: int, width: int) -> tuple[F64, float, F64, float]:
    """Expected cells giving j reads, of the clone at level 1 and of the background, each with its total over zero."""
    clone, background = np.zeros(size), np.zeros(size)
    clone_rate = background_rate = 0.0
    for tube in process.tubes:
        law = of_cell(tube.markers, size, width)
        clone += tube.cells * law
        clone_rate += tube.cells * (1 - law[0])
        for marker, rate in zip(tube.markers, tube.background, strict=True):
            if rate:
                law = of_molecule(marker, size, width)
                background += tube.cells * rate * law
                background_rate += tube.cells * rate * (1 - law[0])
    return clone, float(clone_rate), background, float(background_rate)


def captured_molecule(process: Process, size: int, width: int) -> F64:
    """P(reads of a captured molecule of the clone, in units of `width`), over the markers and tubes, shape (size,)."""
    law = np.zeros(size)
    for tube in process.tubes:
        for marker in tube.markers:
            share = tube.cells * marker.capture * marker.copies / process.molecules_per_level
            law += share * captured(marker.rho, marker.dispersion, size, width)
    return law


def probabilities(process: Process, level: float, size: int, width: int = 1) -> F64:
    """P(R = r) in units of `width` reads at a true level, shape (size,); calibration taken as exact."""
    from clonotrack.kernels.compound_poisson import compound_poisson  # noqa: PLC0415  (numba, 0.5 s)

    # Sizes are rounded up so that the laws of a cell, the slow part, are shared between numbers of reads.
    clone, clone_rate, background, background_rate = intensities(process, 1 << max(4, (size - 1).bit_length()), width)
    return compound_poisson((level * clone + background)[:size], level * clone_rate + background_rate)


def lattice(process: Process, reads: int) -> int:
    """Reads in a unit of the lattice on which P(R <= reads) is computed, or 0 where it is approximated instead."""
    width = ceil((reads + 2) / EXACT)
    fine = width == 1 or (process.rho >= _DEEP and width <= process.rho / _UNITS_A_MOLECULE)
    return width if fine else 0


def cumulative(process: Process, reads: int, level: float) -> float:
    """P(R <= reads) at a true level; calibration taken as exact.

    METHOD: exact up to `EXACT` reads. Beyond, where a molecule gives many reads, the same recursion on a lattice;
    else, at a dozen molecules or more, the translated gamma law of the same three moments (Seal, ASTIN Bull 1977).
    """
    if reads < 0:
        return 0.0
    width = lattice(process, reads)
    if not width:
        return _translated_gamma(process, reads, level)
    place = (reads + 0.5) / width - 0.5
    below = int(place)
    law = probabilities(process, level, below + 2, width)
    return float(law[: below + 1].sum() + (place - below) * law[below + 1])


def _translated_gamma(process: Process, reads: int, level: float) -> float:
    from scipy.special import gammainc  # noqa: PLC0415  (0.3 s, only where it is needed)

    mean, variance, third = level * _clone_moments(process) + _background_moments(process)
    if not mean:
        return 1.0
    shape = 4 * variance**3 / third**2
    scale = third / (2 * variance)
    return float(gammainc(shape, max(0.0, (reads + 0.5 - mean) / scale + shape)))


@lru_cache(maxsize=512)
def _clone_moments(process: Process) -> F64:
    """Cumulants of R at level 1: sum over tubes of C E[S^n]."""
    total = np.zeros(3)
    for tube in process.tubes:
        total += tube.cells * moments(tube.markers)
    return total


@lru_cache(maxsize=512)
def _background_moments(process: Process) -> F64:
    """Cumulants of the background reads."""
    total = np.zeros(3)
    for tube in process.tubes:
        for marker, rate in zip(tube.markers, tube.background, strict=True):
            single = Seeing(marker.rho, marker.dispersion, marker.capture)
            total += tube.cells * rate * moments((single,))
    return total


def clone_variance(process: Process) -> float:
    """Variance of the clone's reads at level 1; it grows in proportion to the level."""
    return float(_clone_moments(process)[1])


def background_mean_variance(process: Process) -> tuple[float, float]:
    """Mean and variance of the background reads."""
    mean, variance, _ = _background_moments(process)
    return float(mean), float(variance)


def expected(process: Process, value: Callable[[Process], float]) -> float:
    """Mean of `value` over what the calibrators leave open about the reads per molecule.

    METHOD: log(rho) is normal about its estimate with standard deviation tau (Cousins & Highland, Nucl Instrum
    Methods A 1992); Gauss-Hermite quadrature with five nodes.
    """
    if not process.log_sd:
        return value(process)
    total = 0.0
    for node, weight in _NODES:
        for sign in (-1, 1) if node else (1,):
            total += weight * value(_shifted(process, sign * node))
    return total


@lru_cache(maxsize=2048)
def _shifted(process: Process, deviations: float) -> Process:
    return process.deeper(exp(deviations * process.log_sd))
