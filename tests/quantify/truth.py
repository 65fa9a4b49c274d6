"""Samples of known truth as counts, drawn without the package, and what the package makes of their calibrators.

`benchmarks/calibration.py` and the tests of claims set the one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clonotrack.assay.calibration import Calibrators, Point
from clonotrack.assay.efficiency import LEAST, efficiency_sd
from clonotrack.stats.count_model import Gamma, Process, Tube
from clonotrack.stats.max_marker import Highest
from clonotrack.stats.multi_marker import all_below
from clonotrack.stats.reads_per_cell import Seeing, seen_share
from clonotrack.stats.uncertainty import Spread

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Amplification = Literal["log-normal", "gamma", "branching"]
_CYCLES = 9
_TAIL = 0.025


@dataclass(frozen=True)
class Truth:
    """One kind of sample.

    Attributes:
        counting: molecules by UMI with the capture known (umi) or measured (umi_calibrators), reads with calibrators
            (spike_in), share of the locus' reads (read_share).
        capture, rho, dispersion, efficiency: c, rho, s, eta.
        calibrators, copies: n sequences of so many molecules each.
        markers, aliquot: m and a.
        background: molecules of each marker per nucleated cell.
        amplification: law of the PCR yield of a molecule; only log-normal is what the package thinks.
        cells: C.
    """

    counting: Literal["umi", "umi_calibrators", "spike_in", "read_share"] = "spike_in"
    capture: float = 0.6
    rho: float = 3.0
    dispersion: float = 0.5
    efficiency: float = 0.0
    calibrators: int = 9
    copies: float = 40.0
    markers: int = 1
    aliquot: float = 1.0
    background: float = 0.0
    amplification: Amplification = "log-normal"
    cells: float = 500_000.0
    tubes: int = 8

    @property
    def umi(self) -> bool:
        return self.counting.startswith("umi")


@dataclass(frozen=True)
class Drawn:
    """Counts of samples: markers (samples, markers), calibrators (samples, calibrators), `Truth.tubes` to a run."""

    markers: I64
    calibrators: I64


def draw(truth: Truth, levels: F64, rng: np.random.Generator) -> Drawn:
    """Samples at these levels; the calibrators of a run have one efficiency each in all its tubes."""
    return Drawn(draw_markers(truth, levels, rng), draw_calibrators(truth, len(levels), rng))


def draw_markers(truth: Truth, levels: F64, rng: np.random.Generator) -> I64:
    """Counts of the markers: cells of the specimen, molecules that get into the tube and are captured, reads."""
    specimen = rng.poisson(levels * truth.cells / truth.aliquot)
    shape = (len(levels), truth.markers)
    molecules = rng.binomial(np.repeat(specimen[:, None], truth.markers, axis=1), truth.aliquot * truth.capture)
    molecules = molecules + rng.poisson(truth.background * truth.cells * truth.capture, shape)
    return _counts(molecules, _efficiencies(truth, shape, rng), truth, rng)


def draw_calibrators(truth: Truth, samples: int, rng: np.random.Generator) -> I64:
    """Counts of the calibrators; as many molecules are in the tube as chance pipettes."""
    shape = (samples, truth.calibrators)
    of_run = _efficiencies(truth, (-(-samples // truth.tubes), truth.calibrators), rng)
    efficiencies = np.repeat(of_run, truth.tubes, axis=0)[:samples]
    return _counts(rng.poisson(truth.copies * truth.capture, shape), efficiencies, truth, rng)


def _efficiencies(truth: Truth, shape: tuple[int, int], rng: np.random.Generator) -> F64:
    sd = truth.efficiency
    return np.exp(rng.normal(-(sd**2) / 2, sd, shape)) if sd else np.ones(shape)


def _counts(captured: I64, efficiencies: F64, truth: Truth, rng: np.random.Generator) -> I64:
    """Reads of so many captured molecules, or how many of them have any read."""
    flat = captured.ravel()
    yields = _yields(truth, int(flat.sum()), rng)
    owner = np.repeat(np.arange(len(flat)), flat)
    depth = truth.rho * efficiencies.ravel()
    if truth.umi:
        seen = rng.random(len(yields)) < -np.expm1(-depth[owner] * yields)
        return np.bincount(owner, weights=seen, minlength=len(flat)).astype(np.int64).reshape(captured.shape)
    sums = np.bincount(owner, weights=yields, minlength=len(flat))
    return rng.poisson(depth * sums).reshape(captured.shape)


def _yields(truth: Truth, molecules: int, rng: np.random.Generator) -> F64:
    """PCR yields of molecules, mean one, relative variance exp(s^2) - 1 whatever their law."""
    s = truth.dispersion
    if truth.amplification == "gamma":
        shape = 1 / np.expm1(s**2)
        return rng.gamma(shape, 1 / shape, molecules)
    if truth.amplification == "branching":
        chance = (1 - np.expm1(s**2)) / (1 + np.expm1(s**2))  # of a copy in a cycle: variance (1 - p) / (1 + p)
        copies = np.ones(molecules, dtype=np.int64)
        for _ in range(_CYCLES):
            copies += rng.binomial(copies, chance)
        return copies / (1 + chance) ** _CYCLES
    return np.exp(rng.normal(-(s**2) / 2, s, molecules))


def oracle(truth: Truth, background: Gamma | None = None) -> Highest:
    """A judge who knows dispersion, capture, coefficient and efficiency's spread; not the marker's own draw."""
    known = Seeing(truth.rho, truth.dispersion, truth.capture, umi=truth.umi)
    efficiency = ((truth.efficiency, 1.0),) if truth.efficiency else ()
    return _row(truth, known, Spread(0.0, efficiency), background)


def informed(truth: Truth, row: Highest) -> Highest:
    """The same judge, told eta."""
    told = ((truth.efficiency, 1.0),) if truth.efficiency else ()
    return Highest(tuple(replace(one, spread=replace(one.spread, efficiency=told)) for one in row.processes))


def judges(truth: Truth, calibrators: I64, background: Gamma | None = None) -> list[Highest]:
    """The package's view of each sample; the efficiency is learnt from the tubes of a run."""
    if truth.counting in ("umi", "read_share"):
        return [oracle(truth, background)] * len(calibrators)
    found = []
    for start in range(0, len(calibrators), truth.tubes):
        found += _run(truth, calibrators[start : start + truth.tubes], background)
    return found


def _run(truth: Truth, counts: I64, background: Gamma | None) -> list[Highest]:
    unevenness = 0.0 if truth.umi else exp(truth.dispersion**2) / truth.capture
    tubes = [
        Calibrators(tuple(Point(str(i), None, None, truth.copies, count) for i, count in enumerate(row)), unevenness)
        for row in counts.tolist()
    ]
    copies = truth.copies * truth.calibrators
    slopes = [sum(point.count for point in tube.points) / copies for tube in tubes]
    if truth.calibrators >= LEAST:
        inflations = [tube.inflation(slope) for tube, slope in zip(tubes, slopes, strict=True)]
        efficiency = efficiency_sd([tube.points for tube in tubes], inflations)
    else:
        efficiency = ((truth.efficiency, 1.0),)
    return [
        _row(
            truth,
            _seeing(truth, slope),
            Spread(sqrt(tube.inflation(slope) / (slope * copies)), efficiency, truth.calibrators),
            background,
        )
        for tube, slope in zip(tubes, slopes, strict=True)
    ]


def _seeing(truth: Truth, slope: float) -> Seeing:
    if truth.umi:
        capture = slope / seen_share(truth.rho, truth.dispersion)
        return Seeing(truth.rho, truth.dispersion, capture, umi=True)
    return Seeing(slope / truth.capture, truth.dispersion, truth.capture)


def _row(truth: Truth, seeing: Seeing, spread: Spread, background: Gamma | None) -> Highest:
    blank = (background,) if background else ()
    tube = Tube(truth.cells, (seeing,), blank, aliquot=truth.aliquot)
    return Highest((Process((tube,), spread),) * truth.markers)


def holds(row: Highest, counts: tuple[int, ...], level: float) -> bool:
    """Whether the interval holds the level: neither tail there is under 2.5 %."""
    top = row.estimate(counts)
    above = [int(top * process.per_level * (1 + 1e-9)) for process in row.processes]
    under = [int(np.ceil(top * process.per_level * (1 - 1e-9))) - 1 for process in row.processes]
    at_most, less = (all_below(row.processes, [bound], level)[0] for bound in (above, under))
    return bool(at_most > _TAIL and (not top or less < 1 - _TAIL))
