"""Model of the counts of one result row: compound Poisson in clone cells, plus the blank.

Symbols as in docs/statistics.md. At a true level f a tube of C nucleated cells has Poisson(f C) clone cells. The
*blank* is what a sample without the clone counts: background molecules, b per nucleated cell, and carry-over, h counts
from other samples of the run. Both rates are gamma variables. Counts are reads, or molecules in a library with UMIs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import inf, sqrt

import numpy as np

from clonotrack.stats.reads_per_cell import MoleculeModel, share_with_reads
from clonotrack.stats.uncertainty import (
    NO_UNCERTAINTY,
    Component,
    Uncertainty,
    make_quadrature,
    read_components,
    variance_of_factor,
)

_UMI_STEP = 0.6


@dataclass(frozen=True, slots=True)
class GammaRate:
    """A rate with a gamma distribution.

    Attributes:
        mean: of the rate.
        shape: A = 1 / relative variance; infinite if the rate is known exactly.
    """

    mean: float = 0.0
    shape: float = inf


ZERO_RATE = GammaRate()


@dataclass(frozen=True, slots=True)
class TubeModel:
    """The terms of one tube in the model of a row.

    Attributes:
        cells: C, nucleated cells.
        markers: how the molecules of each marker of the row become counts.
        background: b of each marker, molecules per nucleated cell.
        carry_over: h of each marker, counts in this tube.
        aliquot: a, share of the specimen's DNA that is in this tube.
    """

    cells: float
    markers: tuple[MoleculeModel, ...]
    background: tuple[GammaRate, ...] = ()
    carry_over: tuple[GammaRate, ...] = ()
    aliquot: float = 1.0


@dataclass(frozen=True)
class CountModel:
    """Model of the counts of one row: its tubes, and the uncertainty of the counts per molecule.

    The cells of several tubes add up. A row over several markers adds the counts of all of them.
    """

    tubes: tuple[TubeModel, ...]
    uncertainty: Uncertainty = NO_UNCERTAINTY

    def __hash__(self) -> int:
        """Return the hash, computed once: cached limits are looked up by it."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.tubes, self.uncertainty))

    @cached_property
    def dispersion(self) -> float:
        """s, the largest over tubes and markers."""
        return max(marker.dispersion for tube in self.tubes for marker in tube.markers)

    @cached_property
    def umi(self) -> bool:
        """Whether molecules are counted by UMI."""
        return any(marker.umi for tube in self.tubes for marker in tube.markers)

    @cached_property
    def counts_per_level(self) -> float:
        """D, mean counts of the clone at level 1: counts / D estimates the level."""
        return self.bias_correction * self._sum(lambda marker: marker.counts_per_cell)

    @cached_property
    def bias_correction(self) -> float:
        """Factor on the counts per molecule of the tubes that makes the estimate unbiased."""
        return _umi_uncertainty(self)[0] if self.umi else self.uncertainty.bias_correction

    @cached_property
    def molecules_per_level(self) -> float:
        """Captured molecules of the clone at level 1."""
        return self._sum(lambda marker: marker.capture * marker.copies)

    @cached_property
    def counts_per_molecule(self) -> float:
        """Mean counts of a captured molecule over all markers and tubes."""
        return self.counts_per_level / self.molecules_per_level

    @property
    def cells(self) -> float:
        """Nucleated cells of all tubes."""
        return sum(tube.cells for tube in self.tubes)

    @cached_property
    def has_blank(self) -> bool:
        """Whether background or carry-over can give counts."""
        return any(rate.mean for tube in self.tubes for rate in (*tube.background, *tube.carry_over))

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Log-normal parts of X, the unknown factor on the counts per molecule."""
        return _umi_uncertainty(self)[1] if self.umi else read_components(self.uncertainty)

    @property
    def relative_variance(self) -> float:
        """Variance of X, whose mean is 1."""
        return variance_of_factor(self.components)

    def without_blank(self) -> CountModel:
        """Return the same row if only the clone gives counts."""
        return replace(self, tubes=tuple(replace(tube, background=(), carry_over=()) for tube in self.tubes))

    def scale_depth(self, factor: float) -> CountModel:
        """Return the same row with `factor` times as many reads per molecule; carry-over grows by the same factor."""
        return replace(self, tubes=tuple(_scale_depth(tube, factor) for tube in self.tubes))

    def _sum(self, value: Callable[[MoleculeModel], float]) -> float:
        return sum(tube.cells * value(marker) for tube in self.tubes for marker in tube.markers)


def _scale_depth(tube: TubeModel, factor: float) -> TubeModel:
    return replace(
        tube,
        markers=tuple(marker.scale_depth(factor) for marker in tube.markers),
        carry_over=tuple(GammaRate(rate.mean * factor, rate.shape) for rate in tube.carry_over),
    )


@lru_cache(maxsize=4096)
def _umi_uncertainty(model: CountModel) -> tuple[float, tuple[Component, ...]]:
    """Return the bias correction and the log-normal parts of X if molecules are counted by UMI.

    METHOD: X is the error of the capture, and of the share q(rho) of molecules with at least one read. The standard
    deviation of log q(rho exp(eta z)) over sequences takes the place of eta. Efficiency matters only for shallow
    molecules: a deeply read one has a read at any efficiency. q is concave, so efficiency lowers its mean.
    Calibrators counted by UMI already show the mean share and its spread between sequences.
    """
    first, uncertainty = model.tubes[0].markers[0], model.uncertainty
    if uncertainty.calibrator_count:
        return uncertainty.bias_correction, read_components(uncertainty)
    mean, components = 0.0, []
    for eta, weight in uncertainty.eta_values:
        nodes = make_quadrature(((eta, 1.0),), _UMI_STEP)
        shares = np.array(
            [share_with_reads(float(first.reads_per_molecule * factor), first.dispersion) for factor in nodes.factors]
        )
        mean += weight * float(nodes.weights @ shares) / share_with_reads(first.reads_per_molecule, first.dispersion)
        variance = float(nodes.weights @ np.log(shares) ** 2 - (nodes.weights @ np.log(shares)) ** 2)
        log_sd = sqrt(uncertainty.calibration_log_sd**2 + max(0.0, uncertainty.efficiency_share * variance))
        components.append((log_sd, weight))
    return mean, tuple(components)
