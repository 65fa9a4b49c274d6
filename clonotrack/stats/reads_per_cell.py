"""Compute the distribution of the counts that one clone cell gives (the severity of the compound Poisson model).

The symbols are those of docs/statistics.md. A clone cell has k molecules of a marker. A molecule is captured with
probability c. A captured molecule gives Poisson(rho Y) reads, where rho is the mean and the random PCR yield Y is
log-normal with E[Y] = 1 and sd(log Y) = s. If molecules are counted by UMI, a molecule with at least one read counts as
one.

`factors` are the values of X, the unknown factor on the reads per molecule. Each value is a *node* (a point with a
weight) of a numerical integral over X. Results have one row, or one column of moments, for each node. Probabilities are
given on a *lattice*: position j is j counts, or j groups of `width` reads.
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
        """Mean counts of a captured molecule: rho reads, or P(at least one read) molecules if UMIs are counted."""
        return share_with_reads(self.reads_per_molecule, self.dispersion) if self.umi else self.reads_per_molecule

    @property
    def counts_per_cell(self) -> float:
        """Mean counts of the marker from one clone cell."""
        return self.counts_per_molecule * self.capture * self.copies

    def scale_depth(self, factor: float) -> MoleculeModel:
        """Return the model with `factor` times as many reads per molecule."""
        return replace(self, reads_per_molecule=self.reads_per_molecule * factor)

    def dilute(self, share: float) -> MoleculeModel:
        """Return the model if only `share` of the molecules gets into the tube: the capture is multiplied by it."""
        return replace(self, capture=self.capture * share)


@lru_cache(maxsize=4096)
def share_with_reads(reads_per_molecule: float, dispersion: float) -> float:
    """Compute the share of captured molecules that have at least one read: 1 - P(no read).

    Args:
        reads_per_molecule: rho, mean reads of a captured molecule.
        dispersion: s, standard deviation of the log PCR yield of a molecule.
    """
    return 1 - float(captured_pmf(np.array([reads_per_molecule]), dispersion, 1)[0, 0])


def captured_pmf(reads_per_molecule: F64, dispersion: float, size: int, width: int = 1) -> F64:
    """Compute the probability of each number of reads of one captured molecule, at several depths.

    METHOD: Poisson distribution with mean rho Y, where the PCR yield Y is log-normal with mean 1 and sd(log Y) = s
    (Bulmer, Biometrics 1974). A width above 1 groups the reads: j stands for the reads that round to j x width (Gerber,
    Insur Math Econ 1982). For grouped reads from rho = 32 on, a log-normal distribution with the same mean and variance
    replaces the Poisson-log-normal, because the Poisson part is then small.

    Args:
        reads_per_molecule: rho, mean reads of a captured molecule, shape (depths,).
        dispersion: s, standard deviation of the log PCR yield.
        size: number of probabilities: for j = 0 to size - 1.
        width: reads in one group; 1 for single reads.

    Returns:
        Probability of j reads, or of group j, in column j, shape (depths, size).
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
    """Compute the probability of each number of counts of one molecule in the tube, captured or not.

    Args:
        marker: model of the molecule's marker.
        factors: values of X, by which the reads per molecule are multiplied, shape (nodes,).
        size: number of probabilities: for j = 0 to size - 1.
        width: reads in one group; 1 for single counts.

    Returns:
        Probability of j counts, or of group j, in column j, shape (nodes, size).
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
    """Compute the probability of each total of the counts that one clone cell gives over all markers of a tube.

    METHOD: each clone cell has k molecules of each marker, and the distributions of all these molecules are convolved.
    Markers of one clone are in the same cells, so their counts are added within a cell. If k is not a whole number,
    some cells have the next lower and the others the next higher number of molecules.

    Args:
        markers: models of the markers that are counted in the tube.
        factors: values of X, by which the reads per molecule are multiplied, shape (nodes,).
        size: number of probabilities: for j = 0 to size - 1.
        width: reads in one group; 1 for single counts.

    Returns:
        Probability of j counts, or of group j, in column j, shape (nodes, size).
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
    """Compute E[S], E[S^2] and E[S^3], with S the counts of one clone cell over all markers of a tube.

    Args:
        markers: models of the markers that are counted in the tube.
        factors: values of X, by which the reads per molecule are multiplied, shape (nodes,).

    Returns:
        The three moments at each value of X, shape (3, nodes).
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
    """Compute E[N], E[N^2] and E[N^3], with N the counts of one molecule in the tube, captured or not.

    METHOD: the reads of a captured molecule have the n-th factorial moment rho^n exp(n (n - 1) s^2 / 2). rho is their
    mean, and s the standard deviation of the log PCR yield.

    Args:
        marker: model of the molecule's marker.
        factors: values of X, by which the reads per molecule are multiplied, shape (nodes,).

    Returns:
        The three moments at each value of X, shape (3, nodes).
    """
    if marker.umi:
        return np.full((3, len(factors)), marker.capture * marker.counts_per_molecule)
    yield_square, rho = exp(marker.dispersion**2), marker.reads_per_molecule * factors
    first, second, third = rho, rho**2 * yield_square, rho**3 * yield_square**3
    return marker.capture * np.array([first, second + first, third + 3 * second + first])


def _add_moments(left: F64, right: F64) -> F64:
    """Compute the first three raw moments of the sum of two independent counts from the moments of each."""
    a, b, c = left
    d, e, f = right
    return np.array([a + d, b + 2 * a * d + e, c + 3 * b * d + 3 * a * e + f])
