"""Distribution of the counts that one clone cell gives: the severity of the compound Poisson model.

Symbols as in docs/statistics.md. A molecule is captured with probability c. A captured molecule gives Poisson(rho Y)
reads, where Y is log-normal with E[Y] = 1 and sd(log Y) = s. A clone cell has k molecules of a marker. If molecules are
counted by UMI, a molecule with at least one read counts as one.

Arrays have one row for each quadrature node of X, the unknown factor on the reads per molecule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import erf, exp, floor, log, sqrt

import numpy as np

from clonotrack.sequences import F64

_MAX_EXACT_READS = 512
_MIN_LOG_NORMAL_DEPTH = 32.0


@dataclass(frozen=True, slots=True)
class MoleculeModel:
    """How the molecules of one marker become counts in one tube.

    Attributes:
        reads_per_molecule: rho, mean reads of a captured molecule.
        dispersion: s, standard deviation of the log PCR yield of a molecule.
        capture: c, probability that a molecule in the tube becomes visible in the reads.
        copies: k, molecules of the marker in a clone cell.
        umi: if true, molecules are counted by UMI; otherwise their reads are counted.
    """

    reads_per_molecule: float
    dispersion: float
    capture: float
    copies: float = 1.0
    umi: bool = False

    @property
    def counts_per_molecule(self) -> float:
        """Mean counts of a captured molecule: rho, or P(at least one read) if UMIs are counted."""
        return share_with_reads(self.reads_per_molecule, self.dispersion) if self.umi else self.reads_per_molecule

    @property
    def counts_per_cell(self) -> float:
        """Mean counts of a clone cell."""
        return self.counts_per_molecule * self.capture * self.copies

    def scale_depth(self, factor: float) -> MoleculeModel:
        """Return the same marker with `factor` times as many reads per molecule."""
        return replace(self, reads_per_molecule=self.reads_per_molecule * factor)

    def dilute(self, share: float) -> MoleculeModel:
        """Return the same marker if only a share of its molecules gets into the tube."""
        return replace(self, capture=self.capture * share)


@lru_cache(maxsize=4096)
def share_with_reads(reads_per_molecule: float, dispersion: float) -> float:
    """Compute the share of captured molecules that have at least one read: 1 - P(no read)."""
    return 1 - float(captured_pmf(np.array([reads_per_molecule]), dispersion, 1)[0, 0])


def captured_pmf(reads_per_molecule: F64, dispersion: float, size: int, width: int = 1) -> F64:
    """Compute P(reads of a captured molecule) on a lattice, at several depths.

    METHOD: Poisson-log-normal distribution of the reads, with mean rho and sd(log Y) = s (Bulmer, Biometrics 1974).
    A width above 1 groups the reads into units by rounding (Gerber, Insur Math Econ 1982). From rho = 32 on, a
    log-normal with the same two moments replaces it, because the Poisson part is then small.

    Args:
        reads_per_molecule: rho, shape (n,).
        dispersion: s.
        size: number of lattice points.
        width: reads in one unit of the lattice.

    Returns:
        Shape (n, size).
    """
    from clonotrack.stats.kernels import poisson_lognormal_pmf  # noqa: PLC0415  (numba, 0.5 s)

    if width > 1 and reads_per_molecule.min() >= _MIN_LOG_NORMAL_DEPTH:
        return np.array([_log_normal_pmf(rho, dispersion, size, width) for rho in reads_per_molecule])
    reads = size if width == 1 else min(size * width, _MAX_EXACT_READS)
    exact: F64 = poisson_lognormal_pmf(reads_per_molecule, dispersion, reads)
    if width == 1:
        return exact
    units = (np.arange(reads) + width // 2) // width
    return np.array([np.bincount(units, weights=row, minlength=size)[:size] for row in exact])


def _log_normal_pmf(rho: float, dispersion: float, size: int, width: int) -> F64:
    log_sd = sqrt(log(exp(dispersion**2) + 1 / rho))
    bounds = np.log((np.arange(size) + 0.5) * width / rho) / log_sd + log_sd / 2
    return np.diff([0.5 + 0.5 * erf(bound / sqrt(2)) for bound in bounds], prepend=0.0)


def molecule_pmf(marker: MoleculeModel, factors: F64, size: int, width: int = 1) -> F64:
    """Compute P(counts of a molecule that was put into the tube), captured or not.

    Args:
        marker: of the molecule.
        factors: on the reads per molecule, shape (nodes,).
        size: number of lattice points.
        width: reads in one unit of the lattice.

    Returns:
        Shape (nodes, size).
    """
    if marker.umi:
        pmf = np.zeros((len(factors), max(2, size)))
        pmf[:, 1] = marker.capture * marker.counts_per_molecule
        pmf[:, 0] = 1 - pmf[:, 1]
        return pmf[:, :size]
    pmf = marker.capture * captured_pmf(marker.reads_per_molecule * factors, marker.dispersion, size, width)
    pmf[:, 0] += 1 - marker.capture
    return pmf


def cell_pmf(markers: Sequence[MoleculeModel], factors: F64, size: int, width: int = 1) -> F64:
    """Compute P(counts of a clone cell), summed over all markers of one tube.

    METHOD: convolution over the markers and their copies k. The markers of a clone are in the same cells, so their
    counts add up cell by cell and are not independent. A fractional k mixes cells with the next lower and the next
    higher whole number of copies.

    Args:
        markers: of the tube.
        factors: on the reads per molecule, shape (nodes,).
        size: number of lattice points.
        width: reads in one unit of the lattice.

    Returns:
        Shape (nodes, size).
    """
    pmf = np.zeros((len(factors), size))
    pmf[:, 0] = 1.0
    for marker in markers:
        single = molecule_pmf(marker, factors, size, width)
        whole = floor(marker.copies)
        fraction = marker.copies - whole
        for _ in range(whole):
            pmf = _convolve(pmf, single)
        if fraction:
            pmf = (1 - fraction) * pmf + fraction * _convolve(pmf, single)
    return pmf


def _convolve(left: F64, right: F64) -> F64:
    size = left.shape[1]
    if not left[:, 1:].any():
        return left[:, :1] * right
    return np.array([np.convolve(a, b)[:size] for a, b in zip(left, right, strict=True)])


def cell_moments(markers: Sequence[MoleculeModel], factors: F64) -> F64:
    """Compute E[S], E[S^2] and E[S^3] of the counts S of a clone cell over all markers of one tube.

    Args:
        markers: of the tube.
        factors: on the reads per molecule, shape (nodes,).

    Returns:
        Shape (3, nodes).
    """
    raw = np.zeros((3, len(factors)))
    for marker in markers:
        single = _molecule_moments(marker, factors)
        whole = floor(marker.copies)
        fraction = marker.copies - whole
        for _ in range(whole):
            raw = _add_moments(raw, single)
        if fraction:
            raw = (1 - fraction) * raw + fraction * _add_moments(raw, single)
    return raw


def _molecule_moments(marker: MoleculeModel, factors: F64) -> F64:
    """Compute raw moments of a molecule's counts from the factorial moments rho^n exp(n (n-1) s^2 / 2)."""
    if marker.umi:
        return np.full((3, len(factors)), marker.capture * marker.counts_per_molecule)
    yield_square, rho = exp(marker.dispersion**2), marker.reads_per_molecule * factors
    first, second, third = rho, rho**2 * yield_square, rho**3 * yield_square**3
    return marker.capture * np.array([first, second + first, third + 3 * second + first])


def _add_moments(left: F64, right: F64) -> F64:
    """Compute the raw moments of the sum of two independent counts."""
    a, b, c = left
    d, e, f = right
    return np.array([a + d, b + 2 * a * d + e, c + 3 * b * d + 3 * a * e + f])
