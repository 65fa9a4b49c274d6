"""Uncertainty of the reads per molecule of a marker: the distribution of a factor X with mean one.

Symbols as in docs/statistics.md: tau is the standard error of the log of the measured counts per molecule. eta is the
standard deviation of the log amplification efficiency between sequences. n is the number of calibrator sequences.
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
    """How far the reads per molecule of a marker can differ from the measured ones.

    Attributes:
        calibration_log_sd: tau, standard error of the log of the measured counts per molecule. If molecules are counted
            by UMI, the standard deviation of the log of the capture. The error of measured cells is included.
        efficiency: (eta, weight) of each possible eta; empty if sequences do not differ.
        calibrator_count: n, calibrator sequences behind the measured value; 0 if there is none.
        efficiency_share: share of eta^2 that applies to the row: 1 for one marker, the sum of squared shares of the
            counts for several.
    """

    calibration_log_sd: float = 0.0
    efficiency: tuple[tuple[float, float], ...] = ()
    calibrator_count: int = 0
    efficiency_share: float = 1.0

    def measured_variance(self, eta: float) -> float:
        """Compute v, the relative variance of the measured counts per molecule, at one eta."""
        between = expm1(eta**2) / self.calibrator_count if self.calibrator_count else 0.0
        return expm1(self.calibration_log_sd**2) + between

    @property
    def bias_correction(self) -> float:
        """E[1 / measured] over 1 / true, to the first order: 1 + v."""
        between = 0.0
        if self.calibrator_count:
            between = sum(weight * eta**2 for eta, weight in self.eta_values) / self.calibrator_count
        return 1.0 + expm1(self.calibration_log_sd**2) + between

    @property
    def eta_values(self) -> tuple[tuple[float, float], ...]:
        """(eta, weight) of each possible eta; eta = 0 if none is given."""
        return self.efficiency or ((0.0, 1.0),)


NO_UNCERTAINTY = Uncertainty()
"""The reads per molecule are known exactly."""

Component = tuple[float, float]
"""Standard deviation of log X, and weight, of one log-normal part of the distribution of X."""


def read_components(uncertainty: Uncertainty) -> tuple[Component, ...]:
    """Return the log-normal parts of X if reads are counted.

    METHOD: Var(log X) = log(1 + v) + eta^2, mixed over eta. The efficiency of the marker's own sequence does not
    average out over its molecules, so eta^2 counts in full. Interval and limits average over X, a hybrid of test
    inversion and an averaged nuisance parameter (Cousins & Highland, Nucl Instrum Methods A 1992).
    """
    return tuple(
        (sqrt(log1p(uncertainty.measured_variance(eta)) + uncertainty.efficiency_share * eta**2), weight)
        for eta, weight in uncertainty.eta_values
    )


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Nodes of an integral over X: factors and weights, each of shape (nodes,).

    The weights add up to 1, and so do the products of factor and weight.
    """

    factors: F64
    weights: F64


@lru_cache(maxsize=1024)
def make_quadrature(components: tuple[Component, ...], step: float) -> Quadrature:
    """Place quadrature nodes over X at equal steps of a standard normal deviate z.

    METHOD: trapezoid sum over z with X = Q(Phi(z)), where Q is the quantile function of the mixture and Phi the normal
    distribution function. With a Gaussian weight the sum converges faster than any power of the step.
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
    """Choose the step in z that resolves a distribution of relative standard deviation `conditional_sd` at known X.

    The step is the largest one, halved as often as needed.
    """
    widest = max(sd for sd, _ in components)
    wanted = 1.5 * conditional_sd / widest if widest else _LARGEST_STEP
    step = _LARGEST_STEP
    while step > max(wanted, _SMALLEST_STEP):
        step /= 2
    return step


def variance_of_factor(components: Sequence[Component]) -> float:
    """Compute the variance of X, whose mean is 1."""
    return sum(weight * expm1(sd**2) for sd, weight in components)
