"""Model of the counts of one MRD row: counts of the clone cells, plus counts that a sample without the clone has too.

The symbols are those of docs/statistics.md. At a true level of f clone cells per nucleated cell, a tube of C nucleated
cells has Poisson(f C) clone cells. Each clone cell gives a random number of counts (compound Poisson distribution).
Counts are reads, or molecules in a library with UMIs. The *blank* is the counts of a sample without the clone:
background molecules, b per nucleated cell, and carry-over, h counts from other samples of the run. b and h are gamma
variables. X is the unknown factor between the measured and the true counts per molecule, with mean 1.
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
"""Step between quadrature nodes of the log efficiency [standard deviations]."""


@dataclass(frozen=True, slots=True)
class GammaRate:
    """A rate with a gamma distribution.

    Attributes:
        mean: mean of the rate.
        shape: gamma shape A = mean^2 / variance; infinite if the rate is known exactly.
    """

    mean: float = 0.0
    shape: float = inf


ZERO_RATE = GammaRate()


@dataclass(frozen=True, slots=True)
class TubeModel:
    """One tube in the model of an MRD row.

    Attributes:
        cells: C, nucleated cells of the tube.
        markers: how the molecules of each marker of the row become counts.
        background: b of each marker in the order of `markers`, molecules per nucleated cell; empty if there is none.
        carry_over: h of each marker in the order of `markers`, counts in this tube; empty if there is none.
        aliquot: a, share of the specimen's DNA that is in this tube.
    """

    cells: float
    markers: tuple[MoleculeModel, ...]
    background: tuple[GammaRate, ...] = ()
    carry_over: tuple[GammaRate, ...] = ()
    aliquot: float = 1.0


@dataclass(frozen=True)
class CountModel:
    """Model of the counts of one MRD row.

    A row over several tubes adds up their cells and counts. A row over several markers adds up the counts of all
    markers.

    Attributes:
        tubes: tubes in which the markers of the row are counted.
        uncertainty: of the counts per molecule.
    """

    tubes: tuple[TubeModel, ...]
    uncertainty: Uncertainty = NO_UNCERTAINTY

    def __hash__(self) -> int:
        """Return the hash of the model, computed once. The caches of limits use the model as a key."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.tubes, self.uncertainty))

    @cached_property
    def dispersion(self) -> float:
        """s, standard deviation of the log PCR yield of a molecule; the largest over tubes and markers."""
        return max(marker.dispersion for tube in self.tubes for marker in tube.markers)

    @cached_property
    def umi(self) -> bool:
        """Whether molecules are counted by UMI; otherwise reads are counted."""
        return any(marker.umi for tube in self.tubes for marker in tube.markers)

    @cached_property
    def counts_per_level(self) -> float:
        """D, mean counts of the clone if every nucleated cell were a clone cell; counts / D estimates the level."""
        return self.bias_correction * self._sum(lambda marker: marker.counts_per_cell)

    @cached_property
    def bias_correction(self) -> float:
        """Factor on the measured counts per molecule that makes the estimate of the level unbiased."""
        return _umi_uncertainty(self)[0] if self.umi else self.uncertainty.bias_correction

    @cached_property
    def molecules_per_level(self) -> float:
        """Mean captured molecules of the clone if every nucleated cell were a clone cell."""
        return self._sum(lambda marker: marker.capture * marker.copies)

    @cached_property
    def counts_per_molecule(self) -> float:
        """Mean counts of a captured molecule over all markers and tubes."""
        return self.counts_per_level / self.molecules_per_level

    @property
    def cells(self) -> float:
        """Nucleated cells of all tubes together."""
        return sum(tube.cells for tube in self.tubes)

    @cached_property
    def has_blank(self) -> bool:
        """Whether background or carry-over can give counts."""
        return any(rate.mean for tube in self.tubes for rate in (*tube.background, *tube.carry_over))

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """Log-normal parts of the distribution of X: standard deviation of log X, and weight, of each part."""
        return _umi_uncertainty(self)[1] if self.umi else read_components(self.uncertainty)

    @property
    def relative_variance(self) -> float:
        """Variance of X, the unknown factor on the counts per molecule: one X for the whole row, with mean 1."""
        return variance_of_factor(self.components)

    def without_blank(self) -> CountModel:
        """Return the model without background and carry-over, so that only the clone gives counts."""
        return replace(self, tubes=tuple(replace(tube, background=(), carry_over=()) for tube in self.tubes))

    def scale_depth(self, factor: float) -> CountModel:
        """Return the model with reads per molecule and carry-over multiplied by `factor`."""
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

    METHOD: X contains the error of the capture, and the error of q(rho), the share of captured molecules with at least
    one read at a mean of rho reads. The log efficiency of a sequence is eta z, with z standard normal. The standard
    deviation of log q(rho exp(eta z)) over sequences takes the place of eta. Efficiency matters only at a small rho: at
    a large rho nearly every molecule has a read. q is concave, so the spread of efficiency lowers the mean of q.
    Calibrators counted by UMI already show the mean of q and its spread between sequences.

    Returns:
        Bias correction; and (standard deviation of log X, weight) of each log-normal part.
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
