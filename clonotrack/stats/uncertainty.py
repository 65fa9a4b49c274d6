"""What is not known about the reads per molecule of a marker: the law of a factor X with mean one.

Symbols as in docs/statistics.md: tau is the standard error of the logarithm of the measured coefficient by counting,
eta the standard deviation of the log amplification efficiency between sequences, n the calibrator sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import erf, expm1, log1p, sqrt

import numpy as np

from clonotrack.sequences import F64

_REACH = 4.2
_COARSEST = 1.2
_FINEST = _COARSEST / 32


@dataclass(frozen=True, slots=True)
class Spread:
    """Why the reads per molecule of a marker differ from what was measured.

    Attributes:
        calibration: tau, standard error of the log coefficient by counting; the log standard deviation of the capture
            where molecules are counted by UMI; cells that were measured add theirs.
        efficiency: (eta, weight) of the values that the efficiency between sequences may have; empty: none.
        sequences: n, calibrator sequences that the coefficient averages over; 0 where it rests on none.
        own: share of eta^2 that the row's own sequences leave: 1 for one marker, sum of their squared shares of the
            counts for several.
    """

    calibration: float = 0.0
    efficiency: tuple[tuple[float, float], ...] = ()
    sequences: int = 0
    own: float = 1.0

    def measured(self, eta: float) -> float:
        """Relative variance of the measured coefficient: counting, and the efficiencies of its own sequences."""
        own = expm1(eta**2) / self.sequences if self.sequences else 0.0
        return expm1(self.calibration**2) + own

    @property
    def correction(self) -> float:
        """E[1 / measured] over 1 / true, to the first order: 1 plus the relative variance."""
        between = sum(weight * eta**2 for eta, weight in self.values) / self.sequences if self.sequences else 0.0
        return 1.0 + expm1(self.calibration**2) + between

    @property
    def values(self) -> tuple[tuple[float, float], ...]:
        """(eta, weight), with nought where nothing is said."""
        return self.efficiency or ((0.0, 1.0),)


CERTAIN = Spread()
"""Everything is known."""

Component = tuple[float, float]
"""Standard deviation and weight of one log-normal part of the law of X."""


def of_reads(spread: Spread) -> tuple[Component, ...]:
    """The law of X where reads are counted: log X is normal with variance log(1 + measured) + eta^2, mixed over eta.

    METHOD: the marker's own efficiency does not average out over its molecules, so eta^2 counts in full beside the
    error of the coefficient (hybrid of test inversion and an averaged nuisance: Cousins & Highland, Nucl Instrum
    Methods A 1992).
    """
    return tuple((sqrt(log1p(spread.measured(eta)) + spread.own * eta**2), weight) for eta, weight in spread.values)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Quadrature over X: factors with weights that add up to one, sum of both multiplied one."""

    factors: F64
    weights: F64


@lru_cache(maxsize=1024)
def nodes(components: tuple[Component, ...], step: float) -> Nodes:
    """Values of X at steps of a normal deviate, in whose terms the law of X is standard normal.

    METHOD: trapezoid sum over z with X = Q(Phi(z)), Q the quantiles of the mixture; for a Gaussian weight it
    converges faster than any power of the step.
    """
    from clonotrack.stats.kernels import mixture_quantiles  # noqa: PLC0415  (numba, 0.5 s)

    kept = [(sd, weight) for sd, weight in components if weight]
    if not kept or all(sd == 0 for sd, _ in kept):
        return Nodes(np.ones(1), np.ones(1))
    count = int(_REACH / step)
    normal = step * np.arange(-count, count + 1)
    weights = np.exp(-(normal**2) / 2)
    weights /= weights.sum()
    if len(kept) == 1:
        factors = np.exp(kept[0][0] * normal)
    else:
        deviations = np.array([max(sd, 1e-4) for sd, _ in kept])
        shares = np.array([weight for _, weight in kept])
        chances = np.array([(1 + erf(z / sqrt(2))) / 2 for z in normal])
        factors = np.exp(mixture_quantiles(-(deviations**2) / 2, deviations, shares / shares.sum(), chances))
    return Nodes(factors / (weights @ factors), weights)


def step_for(components: Sequence[Component], conditional: float) -> float:
    """The step in z that resolves a law of relative standard deviation `conditional` at a known X, halved as needed."""
    widest = max(sd for sd, _ in components)
    wanted = 1.5 * conditional / widest if widest else _COARSEST
    step = _COARSEST
    while step > max(wanted, _FINEST):
        step /= 2
    return step


def variance(components: Sequence[Component]) -> float:
    """Relative variance of X."""
    return sum(weight * expm1(sd**2) for sd, weight in components)
