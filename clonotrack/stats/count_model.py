"""The counts of one result row as a random number: compound Poisson in clone cells, plus what is no clone.

Symbols as in docs/statistics.md: at a true level f a tube of C cells holds Poisson(f C) clone cells; background
molecules of a marker come at b per nucleated cell, and h counts of it are carried over from other samples of the run.
Both rates are gamma variables. Counts are reads, or molecules where the library has UMIs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import inf, sqrt

import numpy as np

from clonotrack.stats.reads_per_cell import Seeing, seen_share
from clonotrack.stats.uncertainty import CERTAIN, Component, Spread, nodes, of_reads, variance

_FOR_SEEN = 0.6


@dataclass(frozen=True, slots=True)
class Gamma:
    """A rate that is known up to a gamma law: its mean, and its shape (1 / relative variance; infinite: exactly)."""

    mean: float = 0.0
    shape: float = inf


NONE = Gamma()


@dataclass(frozen=True, slots=True)
class Tube:
    """One tube of a row.

    Attributes:
        cells: C.
        markers: how each marker of the row is seen in it.
        background: b of each, molecules per nucleated cell.
        carry_over: h of each, counts in this tube.
        aliquot: a, share of the specimen's DNA that is in this tube.
    """

    cells: float
    markers: tuple[Seeing, ...]
    background: tuple[Gamma, ...] = ()
    carry_over: tuple[Gamma, ...] = ()
    aliquot: float = 1.0


@dataclass(frozen=True)
class Process:
    """What the counts of a row are drawn from: its tubes, and what is not known of the counts per molecule.

    Cells of several tubes add up; a row over several markers counts the reads of all of them.
    """

    tubes: tuple[Tube, ...]
    spread: Spread = CERTAIN

    def __hash__(self) -> int:
        """Computed once: the limits of a process are looked up by it."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.tubes, self.spread))

    @cached_property
    def dispersion(self) -> float:
        """s, the largest of its tubes and markers."""
        return max(marker.dispersion for tube in self.tubes for marker in tube.markers)

    @cached_property
    def umi(self) -> bool:
        """Whether molecules are counted, not their reads."""
        return any(marker.umi for tube in self.tubes for marker in tube.markers)

    @cached_property
    def per_level(self) -> float:
        """D, mean counts of the clone at level 1: the estimate of a level is counts / D."""
        return self.correction * self._sum(lambda marker: marker.counts_per_cell)

    @cached_property
    def correction(self) -> float:
        """Mean counts per molecule over those that the tubes' own terms say; it makes the estimate unbiased."""
        return _of_molecules(self)[0] if self.umi else self.spread.correction

    @cached_property
    def molecules_per_level(self) -> float:
        """Captured molecules of the clone at level 1."""
        return self._sum(lambda marker: marker.capture * marker.copies)

    @cached_property
    def rho(self) -> float:
        """Counts per captured molecule, over all markers and tubes."""
        return self.per_level / self.molecules_per_level

    @property
    def cells(self) -> float:
        """Nucleated cells of all tubes."""
        return sum(tube.cells for tube in self.tubes)

    @cached_property
    def has_blank(self) -> bool:
        """Whether anything but the clone can give counts."""
        return any(rate.mean for tube in self.tubes for rate in (*tube.background, *tube.carry_over))

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The law of X, the factor that is not known."""
        return _of_molecules(self)[1] if self.umi else of_reads(self.spread)

    @property
    def relative_variance(self) -> float:
        """Of X."""
        return variance(self.components)

    def without_blank(self) -> Process:
        """The same row where nothing but the clone gives counts."""
        return replace(self, tubes=tuple(replace(tube, background=(), carry_over=()) for tube in self.tubes))

    def deeper(self, factor: float) -> Process:
        """The same row at `factor` times as many reads per molecule; what is carried over grows along."""
        return replace(self, tubes=tuple(_deeper(tube, factor) for tube in self.tubes))

    def _sum(self, value: Callable[[Seeing], float]) -> float:
        return sum(tube.cells * value(marker) for tube in self.tubes for marker in tube.markers)


def _deeper(tube: Tube, factor: float) -> Tube:
    return replace(
        tube,
        markers=tuple(marker.deeper(factor) for marker in tube.markers),
        carry_over=tuple(Gamma(rate.mean * factor, rate.shape) for rate in tube.carry_over),
    )


@lru_cache(maxsize=4096)
def _of_molecules(process: Process) -> tuple[float, tuple[Component, ...]]:
    """Correction and law of X where molecules are counted: the capture's, and the efficiency's as far as it hides them.

    METHOD: of a deeply read molecule the efficiency of its sequence does not matter; of a shallow one it moves the
    share that has any read, on average down (the share is a concave function of the depth). The standard deviation of
    the log of that share takes the place of eta. Calibrators counted by UMI show the mean share and what differs
    between sequences by themselves.
    """
    first, spread = process.tubes[0].markers[0], process.spread
    if spread.sequences:
        return spread.correction, of_reads(spread)
    mean, parts = 0.0, []
    for eta, weight in spread.values:
        at = nodes(((eta, 1.0),), _FOR_SEEN)
        seen = np.array([seen_share(float(first.rho * factor), first.dispersion) for factor in at.factors])
        mean += weight * float(at.weights @ seen) / seen_share(first.rho, first.dispersion)
        hidden = float(at.weights @ np.log(seen) ** 2 - (at.weights @ np.log(seen)) ** 2)
        parts.append((sqrt(spread.calibration**2 + max(0.0, spread.own * hidden)), weight))
    return mean, tuple(parts)
