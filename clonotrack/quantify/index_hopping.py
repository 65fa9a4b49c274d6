"""Estimate index hopping: reads that the sequencer assigns to another sample of the run.

METHOD: h = h_1 / (N - 1) x reads of the marker in all other tubes, with h the expected carry-over into a tube, h_1 the
share of reads that hop and N the number of tubes in the run. Hopped reads are spread evenly over the other N - 1 tubes,
independent of the depth of these tubes (Costello et al., BMC Genomics 2018; van der Valk et al., Mol Ecol Resour 2020).
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
"""Smallest number of pairs (a marker and a tube of another patient) from which the hopping share is estimated."""

_STATED_SHAPE, _ASSUMED_SHAPE = 4.0, 1.0
_OUTLIER_DEVIATIONS = 4.0
_FIRST_QUANTILE = 0.9
_MAX_UNEVENNESS = 0.5

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CarryOverSource:
    """A tube whose reads of a marker hop to other tubes.

    Attributes:
        sample_id: sample of the tube.
        reads: reads of the marker in the tube.
        share: h_1, share of reads that hop.
        recipients: number of other tubes of the run, to which the reads can hop.
    """

    sample_id: str
    reads: int
    share: float
    recipients: int

    @property
    def expected(self) -> float:
        """Expected reads that hop from this tube to one other tube."""
        return self.share * self.reads / self.recipients


@dataclass(frozen=True, slots=True)
class IndexHopping:
    """Index hopping in one run.

    Attributes:
        tubes: all tubes of the run.
        totals: reads and molecules of each marker, summed over all tubes of the run, by marker_id.
        share: h_1, share of reads that hop; its gamma shape contains the error of h_1 and the unevenness between tubes.
        pairs: number of pairs of a marker and an unrelated tube that h_1 was estimated from; 0 if it was not estimated.
        source: `estimated` from the run, `given` by the library, or `assumed` from the default.
    """

    tubes: tuple[Tube, ...]
    totals: Mapping[str, tuple[int, int]]
    share: GammaRate
    pairs: int
    source: str

    def sources(self, marker_id: str, recipient: Tube) -> tuple[CarryOverSource, ...]:
        """Return the other tubes of the run that contain a marker, by falling reads of the marker."""
        others = [tube.counts for tube in self.tubes if tube is not recipient]
        sources = [
            CarryOverSource(counts.sample_id, counts.marker_reads[marker_id], self.share.mean, len(others))
            for counts in others
            if counts.marker_reads.get(marker_id)
        ]
        return tuple(sorted(sources, key=lambda source: -source.reads))

    def expected_counts(self, marker_id: str, recipient: Tube) -> GammaRate:
        """Compute the expected counts of a marker that hop from all other tubes of the run into one tube.

        METHOD: h = h_1 x reads of the other tubes / (N - 1), with N tubes in the run. If molecules are counted by UMI:
        U (1 - exp(-h / U)) molecules, with U the molecules in the other tubes. A hopped read keeps its UMI. Hopped
        reads are few compared with U, so nearly every hopped read has a different UMI.
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
    """Estimate the hopping share of each run from its tubes.

    If a run has too few informative pairs, its share is the largest `hopping` of its libraries in the settings. If the
    libraries state none, it is `quantify.default_hopping`.

    Returns:
        Index hopping by run_id; tubes without a run_id count as one run, None.
    """
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
    """Add up reads and molecules of each marker over all tubes; without UMIs each read counts as a molecule."""
    totals: dict[str, tuple[int, int]] = {}
    for counts in (tube.counts for tube in tubes):
        for marker, reads in counts.marker_reads.items():
            before = totals.get(marker, (0, 0))
            totals[marker] = before[0] + reads, before[1] + counts.umis.get(marker, reads)
    return totals


def _unrelated_pairs(tubes: Sequence[Tube], totals: Mapping[str, tuple[int, int]]) -> tuple[F64, F64]:
    """Return received and offered reads for each pair of a marker and a tube of another patient.

    Returns:
        Received reads: reads of the marker in the tube, shape (pairs,). Offered reads: reads of the marker in all other
        tubes of the run, divided by the number of tubes of the run minus 1, shape (pairs,).
    """
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
    value of h_1 comes from the pairs up to the 90th percentile of received / offered. Then pairs are used that have at
    most four standard deviations more reads than expected. This excludes shared rearrangements and contamination.
    Unevenness between pairs is the moment estimate of their excess variance, plus one standard error of this estimate.

    Args:
        received: reads of a marker in a tube of another patient, shape (pairs,).
        offered: reads of the marker in the other tubes of the run, divided by their number, shape (pairs,).

    Returns:
        h_1 with its gamma shape, and the number of pairs that were used.
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
    """Estimate the relative variance of the hopping rate between pairs, plus its standard error; at most 0.5.

    Args:
        received: reads of a marker in a tube of another patient, shape (pairs,).
        mean: expected reads of each pair, shape (pairs,).
        kept: whether the pair is used, shape (pairs,).
    """
    squares = float((mean[kept] ** 2).sum())
    excess = float(((received[kept] - mean[kept]) ** 2 - mean[kept]).sum()) / squares
    error = sqrt(2 * squares + float(mean[kept].sum())) / squares
    return min(_MAX_UNEVENNESS, max(0.0, excess) + error)
