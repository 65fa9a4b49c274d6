"""Uncertainty of the counts per molecule of a marker: the distribution of the unknown factor X, whose mean is 1.

X is the true counts per molecule over the measured ones. The symbols are those of docs/statistics.md: tau is the
standard error of the log of the measured counts per molecule. eta is the standard deviation of the log amplification
efficiency between sequences. n is the number of calibrator sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import erf, expm1, log1p, sqrt

import numpy as np

from clonotrack.sequences import F64

_MAX_Z = 4.2
_LARGEST_STEP = 1.2
_SMALLEST_STEP = _LARGEST_STEP / 32


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How far the true counts per molecule of a marker can differ from the measured ones.

    Attributes:
        calibration_log_sd: tau, standard error of the log of the measured counts per molecule. If molecules are counted
            by UMI, the standard deviation of the log of the capture. The error of measured cells is included.
        efficiency: each possible value of eta with its weight; empty if sequences do not differ in efficiency.
        calibrator_count: n, calibrator sequences that the measured value averages over; 0 without calibrators.
        efficiency_share: factor on eta^2 in the variance of the MRD row. It is 1 for one marker. For several markers it
            is the sum of the squared shares that the markers have in the expected counts.
    """

    calibration_log_sd: float = 0.0
    efficiency: tuple[tuple[float, float], ...] = ()
    calibrator_count: int = 0
    efficiency_share: float = 1.0

    def measured_variance(self, eta: float) -> float:
        """Compute v, the relative variance of the measured counts per molecule, if efficiency varies by `eta`."""
        between = expm1(eta**2) / self.calibrator_count if self.calibrator_count else 0.0
        return expm1(self.calibration_log_sd**2) + between

    @property
    def bias_correction(self) -> float:
        """1 + v, with v the relative variance of the measured counts per molecule, averaged over eta.

        The mean of 1 / (measured value) is 1 + v times 1 / (true value), to the first order in eta^2.
        """
        between = 0.0
        if self.calibrator_count:
            between = sum(weight * eta**2 for eta, weight in self.eta_values) / self.calibrator_count
        return 1.0 + expm1(self.calibration_log_sd**2) + between

    @property
    def eta_values(self) -> tuple[tuple[float, float], ...]:
        """Each possible value of eta with its weight; eta = 0 with weight 1 if `efficiency` is empty."""
        return self.efficiency or ((0.0, 1.0),)


NO_UNCERTAINTY = Uncertainty()
"""The counts per molecule are known exactly: X = 1."""

Component = tuple[float, float]
"""Standard deviation of log X, and weight, of one log-normal part of the distribution of X."""


def read_components(uncertainty: Uncertainty) -> tuple[Component, ...]:
    """Return the log-normal parts of the distribution of X if reads are counted.

    METHOD: Var(log X) = log(1 + v) + eta^2, with v the relative variance of the measured counts per molecule. Each
    possible eta gives one part. All molecules of a marker have the efficiency of its sequence, so eta^2 does not become
    smaller with more molecules. Interval and limits average over X: a hybrid of test inversion and an averaged nuisance
    parameter (Cousins & Highland, Nucl Instrum Methods A 1992).
    """
    return tuple(
        (sqrt(log1p(uncertainty.measured_variance(eta)) + uncertainty.efficiency_share * eta**2), weight)
        for eta, weight in uncertainty.eta_values
    )


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Values of X (nodes) with weights, for numerical integrals over the distribution of X.

    The weights add up to 1. The weighted mean of the factors is 1.

    Attributes:
        factors: values of X, shape (nodes,).
        weights: weight of each value, shape (nodes,).
    """

    factors: F64
    weights: F64


@lru_cache(maxsize=1024)
def make_quadrature(components: tuple[Component, ...], step: float) -> Quadrature:
    """Choose values of X (quadrature nodes) at equal steps of a standard normal deviate z, and compute their weights.

    METHOD: trapezoid sum over z with X = Q(Phi(z)), where Q is the quantile function of X and Phi the normal
    distribution function. With a Gaussian weight the sum converges faster than any power of the step.

    Args:
        components: log-normal parts of the distribution of X.
        step: distance between successive values of z.
    """
    from clonotrack.stats.kernels import normal_mixture_quantiles  # noqa: PLC0415  (numba, 0.5 s)

    kept = [(sd, weight) for sd, weight in components if weight]
    if not kept or all(sd == 0 for sd, _ in kept):
        return Quadrature(np.ones(1), np.ones(1))
    count = int(_MAX_Z / step)
    normal = step * np.arange(-count, count + 1)
    weights = np.exp(-(normal**2) / 2)
    weights /= weights.sum()
    if len(kept) == 1:
        factors = np.exp(kept[0][0] * normal)
    else:
        deviations = np.array([max(sd, 1e-4) for sd, _ in kept])
        shares = np.array([weight for _, weight in kept])
        probabilities = np.array([(1 + erf(z / sqrt(2))) / 2 for z in normal])
        means = -(deviations**2) / 2
        factors = np.exp(normal_mixture_quantiles(means, deviations, shares / shares.sum(), probabilities))
    return Quadrature(factors / (weights @ factors), weights)


def quadrature_step(components: Sequence[Component], conditional_sd: float) -> float:
    """Choose the step between the nodes of X, small enough for counts of a given spread.

    The step is 1.2, halved until it is fine enough.

    Args:
        components: log-normal parts of the distribution of X.
        conditional_sd: relative standard deviation of the counts if X is known exactly.

    Returns:
        Step of the standard normal deviate z of `make_quadrature`.
    """
    widest = max(sd for sd, _ in components)
    wanted = 1.5 * conditional_sd / widest if widest else _LARGEST_STEP
    step = _LARGEST_STEP
    while step > max(wanted, _SMALLEST_STEP):
        step /= 2
    return step


def variance_of_factor(components: Sequence[Component]) -> float:
    """Compute the variance of X from its log-normal parts; the mean of X is 1."""
    return sum(weight * expm1(sd**2) for sd, weight in components)
