"""Simulated counts of samples with a known level, and the rows that the package makes of their calibrators.

The simulation does not use the package. `benchmarks/calibration.py` and `test_coverage.py` compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clonotrack.assay.calibration import Calibrators, ControlCount
from clonotrack.assay.efficiency import MIN_CALIBRATORS, estimate_efficiency
from clonotrack.stats.count_model import CountModel, GammaRate, TubeModel
from clonotrack.stats.max_marker import HighestMarker
from clonotrack.stats.multi_marker import joint_cdf
from clonotrack.stats.reads_per_cell import MoleculeModel, share_with_reads
from clonotrack.stats.uncertainty import Uncertainty

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Amplification = Literal["log-normal", "gamma", "branching"]
_CYCLES = 9
_TAIL = 0.025


@dataclass(frozen=True)
class Truth:
    """True properties of one kind of sample.

    Attributes:
        counting: molecules by UMI with a known capture (umi) or a measured one (umi_calibrators), reads with
            calibrators (spike_in), or the share of the locus' reads (read_share).
        capture: c.
        reads_per_molecule: rho.
        dispersion: s.
        efficiency: eta.
        calibrators: number of calibrator sequences.
        copies: molecules of each calibrator in the tube.
        markers: number of markers.
        aliquot: a.
        background: molecules of each marker per nucleated cell.
        amplification: distribution of the PCR yield of a molecule; the package assumes the log-normal one.
        cells: C.
        tubes: in one run.
    """

    counting: Literal["umi", "umi_calibrators", "spike_in", "read_share"] = "spike_in"
    capture: float = 0.6
    reads_per_molecule: float = 3.0
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
class SimulatedCounts:
    """Counts of samples; each run has `Truth.tubes` samples.

    Attributes:
        markers: shape (samples, markers).
        calibrators: shape (samples, calibrators).
    """

    markers: I64
    calibrators: I64


def simulate(truth: Truth, levels: F64, rng: np.random.Generator) -> SimulatedCounts:
    """Simulate one sample at each level. A calibrator has one efficiency in all tubes of a run."""
    return SimulatedCounts(simulate_markers(truth, levels, rng), simulate_calibrators(truth, len(levels), rng))


def simulate_markers(truth: Truth, levels: F64, rng: np.random.Generator) -> I64:
    """Simulate cells of the specimen, their molecules in the tube, captured molecules, and their counts."""
    specimen = rng.poisson(levels * truth.cells / truth.aliquot)
    shape = (len(levels), truth.markers)
    molecules = rng.binomial(np.repeat(specimen[:, None], truth.markers, axis=1), truth.aliquot * truth.capture)
    molecules = molecules + rng.poisson(truth.background * truth.cells * truth.capture, shape)
    return _counts(molecules, _efficiencies(truth, shape, rng), truth, rng)


def simulate_calibrators(truth: Truth, samples: int, rng: np.random.Generator) -> I64:
    """Simulate the counts of the calibrators; the number of their molecules in a tube is Poisson."""
    shape = (samples, truth.calibrators)
    of_run = _efficiencies(truth, (-(-samples // truth.tubes), truth.calibrators), rng)
    efficiencies = np.repeat(of_run, truth.tubes, axis=0)[:samples]
    return _counts(rng.poisson(truth.copies * truth.capture, shape), efficiencies, truth, rng)


def _efficiencies(truth: Truth, shape: tuple[int, int], rng: np.random.Generator) -> F64:
    sd = truth.efficiency
    return np.exp(rng.normal(-(sd**2) / 2, sd, shape)) if sd else np.ones(shape)


def _counts(captured: I64, efficiencies: F64, truth: Truth, rng: np.random.Generator) -> I64:
    """Simulate the reads of captured molecules, or the number of them with at least one read."""
    flat = captured.ravel()
    yields = _yields(truth, int(flat.sum()), rng)
    owner = np.repeat(np.arange(len(flat)), flat)
    depth = truth.reads_per_molecule * efficiencies.ravel()
    if truth.umi:
        has_read = rng.random(len(yields)) < -np.expm1(-depth[owner] * yields)
        return np.bincount(owner, weights=has_read, minlength=len(flat)).astype(np.int64).reshape(captured.shape)
    sums = np.bincount(owner, weights=yields, minlength=len(flat))
    return rng.poisson(depth * sums).reshape(captured.shape)


def _yields(truth: Truth, molecules: int, rng: np.random.Generator) -> F64:
    """Simulate PCR yields with mean one and relative variance exp(s^2) - 1, from the chosen distribution."""
    s = truth.dispersion
    if truth.amplification == "gamma":
        shape = 1 / np.expm1(s**2)
        return rng.gamma(shape, 1 / shape, molecules)
    if truth.amplification == "branching":
        # P(a molecule is copied in a cycle), so that the relative variance is (1 - p) / (1 + p).
        copied = (1 - np.expm1(s**2)) / (1 + np.expm1(s**2))
        copies = np.ones(molecules, dtype=np.int64)
        for _ in range(_CYCLES):
            copies += rng.binomial(copies, copied)
        return copies / (1 + copied) ** _CYCLES
    return np.exp(rng.normal(-(s**2) / 2, s, molecules))


def oracle(truth: Truth, background: GammaRate | None = None) -> HighestMarker:
    """Build the row of an oracle that knows s, c, g and eta, but not the efficiency of the marker's own sequence."""
    molecules = MoleculeModel(truth.reads_per_molecule, truth.dispersion, truth.capture, umi=truth.umi)
    return _row(truth, molecules, Uncertainty(0.0, _known_eta(truth)), background)


def with_known_eta(truth: Truth, row: HighestMarker) -> HighestMarker:
    """Return the same row if eta were known."""
    eta = _known_eta(truth)
    return HighestMarker(
        tuple(replace(model, uncertainty=replace(model.uncertainty, efficiency=eta)) for model in row.models)
    )


def _known_eta(truth: Truth) -> tuple[tuple[float, float], ...]:
    return ((truth.efficiency, 1.0),) if truth.efficiency else ()


def estimated_rows(truth: Truth, calibrators: I64, background: GammaRate | None = None) -> list[HighestMarker]:
    """Build the row of each sample from its calibrators, as the package does; eta is estimated run by run."""
    if truth.counting in ("umi", "read_share"):
        return [oracle(truth, background)] * len(calibrators)
    rows = []
    for start in range(0, len(calibrators), truth.tubes):
        rows += _rows_of_run(truth, calibrators[start : start + truth.tubes], background)
    return rows


def _rows_of_run(truth: Truth, counts: I64, background: GammaRate | None) -> list[HighestMarker]:
    unevenness = 0.0 if truth.umi else exp(truth.dispersion**2) / truth.capture
    tubes = [
        Calibrators(
            tuple(ControlCount(str(i), None, None, truth.copies, count) for i, count in enumerate(row)), unevenness
        )
        for row in counts.tolist()
    ]
    copies = truth.copies * truth.calibrators
    slopes = [sum(point.count for point in tube.controls) / copies for tube in tubes]
    if truth.calibrators >= MIN_CALIBRATORS:
        inflations = [tube.inflation(slope) for tube, slope in zip(tubes, slopes, strict=True)]
        efficiency = estimate_efficiency([tube.controls for tube in tubes], inflations)
    else:
        efficiency = ((truth.efficiency, 1.0),)
    return [
        _row(
            truth,
            _molecule_model(truth, slope),
            Uncertainty(sqrt(tube.inflation(slope) / (slope * copies)), efficiency, truth.calibrators),
            background,
        )
        for tube, slope in zip(tubes, slopes, strict=True)
    ]


def _molecule_model(truth: Truth, slope: float) -> MoleculeModel:
    if truth.umi:
        capture = slope / share_with_reads(truth.reads_per_molecule, truth.dispersion)
        return MoleculeModel(truth.reads_per_molecule, truth.dispersion, capture, umi=True)
    return MoleculeModel(slope / truth.capture, truth.dispersion, truth.capture)


def _row(
    truth: Truth, molecules: MoleculeModel, uncertainty: Uncertainty, background: GammaRate | None
) -> HighestMarker:
    rates = (background,) if background else ()
    tube = TubeModel(truth.cells, (molecules,), rates, aliquot=truth.aliquot)
    return HighestMarker((CountModel((tube,), uncertainty),) * truth.markers)


def interval_contains(row: HighestMarker, counts: tuple[int, ...], level: float) -> bool:
    """Return whether the interval contains the level: both tails there are above 2.5 %."""
    top = row.estimate(counts)
    at_most = [int(top * model.counts_per_level * (1 + 1e-9)) for model in row.models]
    below = [int(np.ceil(top * model.counts_per_level * (1 - 1e-9))) - 1 for model in row.models]
    lower_tail, less = (joint_cdf(row.models, [bound], level)[0] for bound in (at_most, below))
    return bool(lower_tail > _TAIL and (not top or less < 1 - _TAIL))
