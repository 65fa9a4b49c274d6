"""How many reads one clone cell gives: the severity of the compound Poisson model.

Symbols as in docs/statistics.md: a molecule is captured with probability c; a captured one gives Poisson(rho X)
reads with X log-normal, E[X] = 1 and sd(log X) = s; a cell holds k molecules of a marker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import erf, exp, floor, log, sqrt

import numpy as np

from clonotrack.sequence import F64

_REACH = 7.0
_FINEST = 0.25
_LONGEST = 512
_DEEP = 32.0


@dataclass(frozen=True, slots=True)
class Seeing:
    """How one marker is seen in one tube.

    Attributes:
        rho: reads per captured molecule.
        dispersion: s, standard deviation of the log yield of a molecule.
        capture: c, share of molecules that end in the data.
        copies: k, molecules of the marker in a clone cell.
    """

    rho: float
    dispersion: float
    capture: float
    copies: float = 1.0

    @property
    def reads_per_cell(self) -> float:
        """Mean reads of a clone cell: rho c k."""
        return self.rho * self.capture * self.copies

    def deeper(self, factor: float) -> Seeing:
        """The same marker at `factor` times as many reads per molecule."""
        return Seeing(self.rho * factor, self.dispersion, self.capture, self.copies)


@lru_cache(maxsize=1024)
def captured(rho: float, dispersion: float, size: int, width: int = 1) -> F64:
    """P(reads of a captured molecule, in units of `width` reads, rounded), shape (size,).

    METHOD: Poisson-log-normal (Bulmer, Biometrics 1974): PCR multiplies a molecule by many independent factors.
    The integral over log X is a trapezoid sum with steps no wider than the narrowest peak, where it converges
    faster than any power. With `width` over 1 the law is put on a coarser lattice by rounding (Gerber, Insur Math
    Econ 1982), for rho of at least 32 as the log-normal of the same two moments.
    """
    if width > 1 and rho >= _DEEP:
        return _log_normal(rho, dispersion, size, width)
    longest = size if width == 1 else min(size * width, _LONGEST)
    reads = np.arange(longest)
    factorial = np.concatenate(([0.0], np.cumsum(np.log(reads[1:]))))
    log_rates, weights = _yields(rho, dispersion, longest)
    terms = np.exp(log_rates[:, None] * reads - np.exp(log_rates)[:, None] - factorial)
    exact: F64 = weights @ terms
    if width == 1:
        return exact
    coarse = np.bincount((reads + width // 2) // width, weights=exact, minlength=size)[:size]
    return coarse.astype(np.float64)


def _yields(rho: float, dispersion: float, longest: int) -> tuple[F64, F64]:
    """Logarithms of rho X on a grid, and their weights."""
    if dispersion == 0:
        return np.array([log(rho)]), np.ones(1)
    step = min(_FINEST, 1 / (dispersion * sqrt(longest)))
    points = np.arange(-_REACH, _REACH + step, step)
    weights = np.exp(-(points**2) / 2)
    return log(rho) + dispersion * points - dispersion**2 / 2, weights / weights.sum()


def _log_normal(rho: float, dispersion: float, size: int, width: int) -> F64:
    spread = sqrt(log(exp(dispersion**2) + 1 / rho))
    bounds = np.log((np.arange(size) + 0.5) * width / rho) / spread + spread / 2
    return np.diff([0.5 + 0.5 * erf(bound / sqrt(2)) for bound in bounds], prepend=0.0)


def of_molecule(seeing: Seeing, size: int, width: int = 1) -> F64:
    """P(reads of a molecule put into the tube): captured or not, shape (size,)."""
    law = seeing.capture * captured(seeing.rho, seeing.dispersion, size, width)
    law[0] += 1 - seeing.capture
    return law


def of_cell(seeings: Sequence[Seeing], size: int, width: int = 1) -> F64:
    """P(reads of a clone cell over all the markers seen in one tube), shape (size,).

    METHOD: the markers of a clone sit in the same cells, so their reads are added cell by cell (convolution over
    markers and copies), never as independent counts. A number of copies between two whole ones is a mixture of
    cells with the lower and with the upper.
    """
    law = np.zeros(size)
    law[0] = 1.0
    for seeing in seeings:
        single = of_molecule(seeing, size, width)
        whole = floor(seeing.copies)
        share = seeing.copies - whole
        for _ in range(whole):
            law = np.convolve(law, single)[:size]
        if share:
            law = (1 - share) * law + share * np.convolve(law, single)[:size]
    return law


def moments(seeings: Sequence[Seeing]) -> F64:
    """E[S], E[S^2], E[S^3] of the reads S of a clone cell over all the markers seen in one tube."""
    raw = np.zeros(3)
    for seeing in seeings:
        single = _molecule_moments(seeing)
        whole = floor(seeing.copies)
        share = seeing.copies - whole
        for _ in range(whole):
            raw = _added(raw, single)
        if share:
            raw = (1 - share) * raw + share * _added(raw, single)
    return raw


def _molecule_moments(seeing: Seeing) -> F64:
    """Raw moments of a molecule's reads; factorial moments of the captured are rho^n exp(n (n-1) s^2 / 2)."""
    spread = exp(seeing.dispersion**2)
    first, second, third = seeing.rho, seeing.rho**2 * spread, seeing.rho**3 * spread**3
    return seeing.capture * np.array([first, second + first, third + 3 * second + first])


def _added(left: F64, right: F64) -> F64:
    """Raw moments of the sum of two independent sizes."""
    a, b, c = left
    d, e, f = right
    return np.array([a + d, b + 2 * a * d + e, c + 3 * b * d + 3 * a * e + f])
