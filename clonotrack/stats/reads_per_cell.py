"""How many reads one clone cell gives: the severity of the compound Poisson model.

Symbols as in docs/statistics.md: a molecule is captured with probability c; a captured one gives Poisson(rho X)
reads with X log-normal, E[X] = 1 and sd(log X) = s; a cell holds k molecules of a marker. Where molecules are counted
by UMI, one that has any read counts one. Arrays have a row for each node of what is not known of rho.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import erf, exp, floor, log, sqrt

import numpy as np

from clonotrack.sequences import F64

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
        umi: molecules are counted by UMI, not by their reads.
    """

    rho: float
    dispersion: float
    capture: float
    copies: float = 1.0
    umi: bool = False

    @property
    def counts_per_molecule(self) -> float:
        """Mean counts of a captured molecule: rho, or the share that has any read where UMIs are counted."""
        return seen_share(self.rho, self.dispersion) if self.umi else self.rho

    @property
    def counts_per_cell(self) -> float:
        """Mean counts of a clone cell."""
        return self.counts_per_molecule * self.capture * self.copies

    def deeper(self, factor: float) -> Seeing:
        """The same marker at `factor` times as many reads per molecule."""
        return replace(self, rho=self.rho * factor)

    def diluted(self, share: float) -> Seeing:
        """The same marker where only a share of its molecules gets into the tube."""
        return replace(self, capture=self.capture * share)


@lru_cache(maxsize=4096)
def seen_share(rho: float, dispersion: float) -> float:
    """Share of captured molecules with a read: 1 - P(no read)."""
    return 1 - float(captured(np.array([rho]), dispersion, 1)[0, 0])


def captured(rhos: F64, dispersion: float, size: int, width: int = 1) -> F64:
    """P(reads of a captured molecule, in units of `width` reads, rounded), shape (len(rhos), size).

    METHOD: Poisson-log-normal (Bulmer, Biometrics 1974). With `width` over 1 the law is put on a coarser lattice by
    rounding (Gerber, Insur Math Econ 1982), for rho of at least 32 as the log-normal of the same two moments.
    """
    from clonotrack.stats.kernels import poisson_log_normal  # noqa: PLC0415  (numba, 0.5 s)

    if width > 1 and rhos.min() >= _DEEP:
        return np.array([_log_normal(rho, dispersion, size, width) for rho in rhos])
    longest = size if width == 1 else min(size * width, _LONGEST)
    exact: F64 = poisson_log_normal(rhos, dispersion, longest)
    if width == 1:
        return exact
    units = (np.arange(longest) + width // 2) // width
    return np.array([np.bincount(units, weights=row, minlength=size)[:size] for row in exact])


def _log_normal(rho: float, dispersion: float, size: int, width: int) -> F64:
    spread = sqrt(log(exp(dispersion**2) + 1 / rho))
    bounds = np.log((np.arange(size) + 0.5) * width / rho) / spread + spread / 2
    return np.diff([0.5 + 0.5 * erf(bound / sqrt(2)) for bound in bounds], prepend=0.0)


def of_molecule(seeing: Seeing, factors: F64, size: int, width: int = 1) -> F64:
    """P(counts of a molecule put into the tube): captured or not, at several depths, shape (nodes, size)."""
    if seeing.umi:
        law = np.zeros((len(factors), max(2, size)))
        law[:, 1] = seeing.capture * seeing.counts_per_molecule
        law[:, 0] = 1 - law[:, 1]
        return law[:, :size]
    law = seeing.capture * captured(seeing.rho * factors, seeing.dispersion, size, width)
    law[:, 0] += 1 - seeing.capture
    return law


def of_cell(seeings: Sequence[Seeing], factors: F64, size: int, width: int = 1) -> F64:
    """P(counts of a clone cell over all the markers seen in one tube), shape (nodes, size).

    METHOD: the markers of a clone sit in the same cells, so their reads are added cell by cell (convolution over
    markers and copies), never as independent counts. A number of copies between two whole ones is a mixture of
    cells with the lower and with the upper.
    """
    law = np.zeros((len(factors), size))
    law[:, 0] = 1.0
    for seeing in seeings:
        single = of_molecule(seeing, factors, size, width)
        whole = floor(seeing.copies)
        share = seeing.copies - whole
        for _ in range(whole):
            law = _convolved(law, single)
        if share:
            law = (1 - share) * law + share * _convolved(law, single)
    return law


def _convolved(left: F64, right: F64) -> F64:
    size = left.shape[1]
    if not left[:, 1:].any():
        return left[:, :1] * right
    return np.array([np.convolve(a, b)[:size] for a, b in zip(left, right, strict=True)])


def moments(seeings: Sequence[Seeing], factors: F64) -> F64:
    """E[S], E[S^2], E[S^3] of the counts S of a clone cell over the markers seen in one tube, shape (3, nodes)."""
    raw = np.zeros((3, len(factors)))
    for seeing in seeings:
        single = _molecule_moments(seeing, factors)
        whole = floor(seeing.copies)
        share = seeing.copies - whole
        for _ in range(whole):
            raw = _added(raw, single)
        if share:
            raw = (1 - share) * raw + share * _added(raw, single)
    return raw


def _molecule_moments(seeing: Seeing, factors: F64) -> F64:
    """Raw moments of a molecule's counts; factorial moments of the captured are rho^n exp(n (n-1) s^2 / 2)."""
    if seeing.umi:
        return np.full((3, len(factors)), seeing.capture * seeing.counts_per_molecule)
    spread, rho = exp(seeing.dispersion**2), seeing.rho * factors
    first, second, third = rho, rho**2 * spread, rho**3 * spread**3
    return seeing.capture * np.array([first, second + first, third + 3 * second + first])


def _added(left: F64, right: F64) -> F64:
    """Raw moments of the sum of two independent sizes."""
    a, b, c = left
    d, e, f = right
    return np.array([a + d, b + 2 * a * d + e, c + 3 * b * d + 3 * a * e + f])
