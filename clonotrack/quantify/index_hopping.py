"""Index hopping: reads that the sequencer assigns to another sample of the run.

METHOD: h = h_1 / (N - 1) x reads of the marker in all other tubes, with h the expected carry-over into a tube, h_1 the
share of reads that hop and N the tubes of the run. Hopped reads fall evenly on the other N - 1 tubes, whatever their
own depth (Costello et al., BMC Genomics 2018; van der Valk et al., Mol Ecol Resour 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from clonotrack.config import Config
from clonotrack.quantify.tube import Tube
from clonotrack.sequences import F64
from clonotrack.stats.count_model import ZERO_RATE, GammaRate

MIN_PAIRS = 3
"""Informative pairs of a marker and an unrelated tube from which the hopping share is estimated."""

_STATED_SHAPE, _ASSUMED_SHAPE = 4.0, 1.0
_OUTLIER_DEVIATIONS = 4.0
_FIRST_QUANTILE = 0.9
_MAX_UNEVENNESS = 0.5

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CarryOverSource:
    """A tube whose reads of a marker hop to other tubes.

    Attributes:
        sample_id: of the tube.
        reads: of the marker in it.
        share: h_1, share of reads that hop.
        recipients: other tubes of the run.
    """

    sample_id: str
    reads: int
    share: float
    recipients: int

    @property
    def expected(self) -> float:
        """Expected reads in one recipient."""
        return self.share * self.reads / self.recipients


@dataclass(frozen=True, slots=True)
class IndexHopping:
    """Index hopping in one run.

    Attributes:
        tubes: of the run.
        totals: reads and molecules of each marker in all of them.
        share: h_1, with its uncertainty and the unevenness between pairs of tubes.
        pairs: informative pairs that h_1 rests on; 0 if it was not estimated.
        source: `estimated` from the run, `given` by the library, or `assumed`.
    """

    tubes: tuple[Tube, ...]
    totals: Mapping[str, tuple[int, int]]
    share: GammaRate
    pairs: int
    source: str

    def sources(self, marker_id: str, recipient: Tube) -> tuple[CarryOverSource, ...]:
        """Return the other tubes with reads of a marker, the one with most reads first."""
        others = [tube.counts for tube in self.tubes if tube is not recipient]
        sources = [
            CarryOverSource(counts.sample_id, counts.marker_reads[marker_id], self.share.mean, len(others))
            for counts in others
            if counts.marker_reads.get(marker_id)
        ]
        return tuple(sorted(sources, key=lambda source: -source.reads))

    def expected_counts(self, marker_id: str, recipient: Tube) -> GammaRate:
        """Compute the expected counts of a marker that hop into a tube.

        METHOD: h = h_1 x reads of the other tubes / (N - 1). By UMI: U (1 - exp(-h / U)) molecules, with U those
        of the other tubes. A hopped read keeps its UMI, and hopped reads are few against U, so nearly each brings a UMI
        of its own.
        """
        reads, molecules = self.totals.get(marker_id, (0, 0))
        reads -= recipient.counts.marker_reads.get(marker_id, 0)
        if reads <= 0:
            return ZERO_RATE
        expected = self.share.mean * reads / (len(self.tubes) - 1)
        own_molecules = recipient.counts.umis.get(marker_id)
        if own_molecules is None:
            return GammaRate(expected, self.share.shape)
        molecules = max(1, molecules - own_molecules)
        return GammaRate(molecules * (1 - exp(-expected / molecules)), self.share.shape)


def hopping_by_run(tubes: Sequence[Tube], config: Config) -> dict[str | None, IndexHopping]:
    """Estimate the hopping share of each run from its tubes; else take that of the library, else the default."""
    runs: dict[str | None, list[Tube]] = {}
    for tube in tubes:
        runs.setdefault(tube.counts.run_id, []).append(tube)
    return {run_id: _index_hopping(tuple(of_run), config) for run_id, of_run in runs.items()}


def _index_hopping(tubes: tuple[Tube, ...], config: Config) -> IndexHopping:
    totals = _marker_totals(tubes)
    received, offered = _unrelated_pairs(tubes, totals)
    informative = offered * config.quantify.default_hopping >= 1
    if informative.sum() >= MIN_PAIRS:
        share, pairs = estimate_share(received[informative], offered[informative])
        return IndexHopping(tubes, totals, share, pairs, "estimated")
    of_libraries = [config.library(tube.counts.library).hopping for tube in tubes]
    stated = [share for share in of_libraries if share is not None]
    if stated:
        return IndexHopping(tubes, totals, GammaRate(max(stated), _STATED_SHAPE), 0, "given")
    return IndexHopping(tubes, totals, GammaRate(config.quantify.default_hopping, _ASSUMED_SHAPE), 0, "assumed")


def _marker_totals(tubes: Sequence[Tube]) -> dict[str, tuple[int, int]]:
    """Add up reads and molecules of each marker over all tubes; without UMIs reads stand for molecules."""
    totals: dict[str, tuple[int, int]] = {}
    for counts in (tube.counts for tube in tubes):
        for marker, reads in counts.marker_reads.items():
            before = totals.get(marker, (0, 0))
            totals[marker] = before[0] + reads, before[1] + counts.umis.get(marker, reads)
    return totals


def _unrelated_pairs(tubes: Sequence[Tube], totals: Mapping[str, tuple[int, int]]) -> tuple[F64, F64]:
    """Return reads received and reads offered of each pair of a marker and a tube of another patient, (pairs,) each."""
    received, offered = [], []
    for counts in (tube.counts for tube in tubes if len(tubes) > 1):
        for marker, reads in counts.marker_reads.items():
            if counts.subject_id != counts.marker_subjects[marker]:
                received.append(reads)
                offered.append((totals[marker][0] - reads) / (len(tubes) - 1))
    return np.array(received, dtype=np.float64), np.array(offered, dtype=np.float64)


def estimate_share(received: F64, offered: F64) -> tuple[GammaRate, int]:
    """Estimate the share h_1 of reads that hop, robust against outlying pairs.

    METHOD: gamma-Poisson: h_1 = (sum received + 1/2) / sum offered, shape sum received + 1/2 (Jeffreys). The first
    value comes from the pairs up to the 90th percentile of received / offered. Then every pair within four standard
    deviations of it counts, so that a shared rearrangement or a contamination does not. Unevenness between pairs is the
    moment estimate of the excess variance. One standard error is added, because it is estimated itself.

    Args:
        received: reads of a marker in an unrelated tube, shape (pairs,).
        offered: reads of it in the other tubes of the run, divided by their number, shape (pairs,).

    Returns:
        h_1, and the number of pairs that it rests on.
    """
    ratios = received / offered
    kept = ratios <= np.quantile(ratios, _FIRST_QUANTILE)
    for _ in range(3):
        share = (received[kept].sum() + 0.5) / offered[kept].sum()
        mean = share * offered
        variance = mean * (1 + mean * unevenness(received, mean, kept)) + 1
        kept = received - mean <= _OUTLIER_DEVIATIONS * np.sqrt(variance)
    share = (received[kept].sum() + 0.5) / offered[kept].sum()
    excess = unevenness(received, share * offered, kept)
    return GammaRate(float(share), 1 / (excess + 1 / (received[kept].sum() + 0.5))), int(kept.sum())


def unevenness(received: F64, mean: F64, kept: Mask) -> float:
    """Estimate the relative variance of the rate between the kept pairs, plus one standard error.

    Args:
        received: reads of each pair, shape (pairs,).
        mean: expected reads of each pair, shape (pairs,).
        kept: pairs that count, shape (pairs,).
    """
    squares = float((mean[kept] ** 2).sum())
    excess = float(((received[kept] - mean[kept]) ** 2 - mean[kept]).sum()) / squares
    error = sqrt(2 * squares + float(mean[kept].sum())) / squares
    return min(_MAX_UNEVENNESS, max(0.0, excess) + error)
