"""Index hopping: what the high markers of a run leave in its other samples.

METHOD: a share h of a tube's reads is told to be of another tube, and falls evenly on the n - 1 others of the run. So a
recipient gets h / (n - 1) times the reads of a marker in all other tubes, whatever its own depth (methods: Costello
et al., BMC Genomics 2018; van der Valk et al., Mol Ecol Resour 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from clonotrack.config import Config
from clonotrack.quantify.tube import Assay
from clonotrack.sequences import F64
from clonotrack.stats.count_model import NONE, Gamma

INFORMATIVE = 3
"""Pairs of a marker and an unrelated tube from which the share that hops is estimated."""

_GIVEN_SHAPE, _ASSUMED_SHAPE = 4.0, 1.0
_OUTLYING = 4.0
_TRIMMED = 0.9
_MOST_UNEVEN = 0.5

Chosen = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Carried:
    """What one tube leaves of a marker in another: its reads there, the share that hops, the tubes it falls on."""

    sample_id: str
    reads: int
    share: float
    recipients: int

    @property
    def expected(self) -> float:
        """Reads in the recipient."""
        return self.share * self.reads / self.recipients


@dataclass(frozen=True, slots=True)
class Hopping:
    """The share of reads that hop in one run.

    Attributes:
        tubes: of the run.
        offered: reads and molecules of each marker in all of them.
        share: h, with its uncertainty and its unevenness between pairs of tubes.
        pairs: informative pairs that it rests on; 0 where it was not estimated.
        source: where it comes from.
    """

    tubes: tuple[Assay, ...]
    offered: Mapping[str, tuple[int, int]]
    share: Gamma
    pairs: int
    source: str

    def carried(self, marker_id: str, recipient: Assay) -> tuple[Carried, ...]:
        """The tubes that leave reads of a marker in another one, most first."""
        others = [tube.observed for tube in self.tubes if tube is not recipient]
        found = [
            Carried(tube.sample_id, tube.markers[marker_id], self.share.mean, len(others))
            for tube in others
            if tube.markers.get(marker_id)
        ]
        return tuple(sorted(found, key=lambda one: -one.reads))

    def expected(self, marker_id: str, recipient: Assay) -> Gamma:
        """Counts of a marker that are carried over into a tube.

        A read that hops keeps its UMI. Hopped reads are few against the molecules of their source, so nearly each
        brings a UMI of its own: as many molecules as reads, at most those of the source.
        """
        reads, molecules = self.offered.get(marker_id, (0, 0))
        reads -= recipient.observed.markers.get(marker_id, 0)
        if reads <= 0:
            return NONE
        expected = self.share.mean * reads / (len(self.tubes) - 1)
        of_recipient = recipient.observed.umis.get(marker_id)
        if of_recipient is None:
            return Gamma(expected, self.share.shape)
        molecules = max(1, molecules - of_recipient)
        return Gamma(molecules * (1 - exp(-expected / molecules)), self.share.shape)


def hoppings(assays: Sequence[Assay], config: Config) -> dict[str | None, Hopping]:
    """The share that hops in each run, from the run itself if it tells, else as the library states, else assumed."""
    runs: dict[str | None, list[Assay]] = {}
    for assay in assays:
        runs.setdefault(assay.observed.run_id, []).append(assay)
    return {run: _hopping(tuple(tubes), config) for run, tubes in runs.items()}


def _hopping(tubes: tuple[Assay, ...], config: Config) -> Hopping:
    total = _offered(tubes)
    received, offered = _pairs(tubes, total)
    informative = offered * config.quantify.default_hopping >= 1
    if informative.sum() >= INFORMATIVE:
        share, pairs = estimate(received[informative], offered[informative])
        return Hopping(tubes, total, share, pairs, "estimated")
    given = [config.library(tube.observed.library).hopping for tube in tubes]
    stated = [share for share in given if share is not None]
    if stated:
        return Hopping(tubes, total, Gamma(max(stated), _GIVEN_SHAPE), 0, "given")
    return Hopping(tubes, total, Gamma(config.quantify.default_hopping, _ASSUMED_SHAPE), 0, "assumed")


def _offered(tubes: Sequence[Assay]) -> dict[str, tuple[int, int]]:
    """Reads and molecules of every marker in all tubes; reads stand for molecules where there are no UMIs."""
    total: dict[str, tuple[int, int]] = {}
    for seen in (tube.observed for tube in tubes):
        for marker, reads in seen.markers.items():
            before = total.get(marker, (0, 0))
            total[marker] = before[0] + reads, before[1] + seen.umis.get(marker, reads)
    return total


def _pairs(tubes: Sequence[Assay], total: Mapping[str, tuple[int, int]]) -> tuple[F64, F64]:
    """Of every marker and tube of another patient: reads received, and reads offered by each share of hopping."""
    received, offered = [], []
    for seen in (tube.observed for tube in tubes if len(tubes) > 1):
        for marker, reads in seen.markers.items():
            if seen.subject_id != seen.owners[marker]:
                received.append(reads)
                offered.append((total[marker][0] - reads) / (len(tubes) - 1))
    return np.array(received, dtype=np.float64), np.array(offered, dtype=np.float64)


def estimate(received: F64, offered: F64) -> tuple[Gamma, int]:
    """The share that hops, robust against pairs that share a rearrangement or were contaminated.

    METHOD: gamma-Poisson. A first value from the pairs under the 90th percentile of received / offered; then every pair
    within four standard deviations of it counts, and h is gamma with shape (reads + 1/2) (Jeffreys). Unevenness
    between pairs is the moment estimate of the excess variance, with a standard error added, being estimated itself.

    Args:
        received: reads of a marker in an unrelated tube, shape (pairs,).
        offered: its reads in the other tubes of the run over their number less one, shape (pairs,).

    Returns:
        h, and the pairs that it rests on.
    """
    ratios = received / offered
    kept = ratios <= np.quantile(ratios, _TRIMMED)
    for _ in range(3):
        share = (received[kept].sum() + 0.5) / offered[kept].sum()
        mean = share * offered
        kept = received - mean <= _OUTLYING * np.sqrt(mean * (1 + mean * uneven(received, mean, kept)) + 1)
    share = (received[kept].sum() + 0.5) / offered[kept].sum()
    excess = uneven(received, share * offered, kept)
    return Gamma(float(share), 1 / (excess + 1 / (received[kept].sum() + 0.5))), int(kept.sum())


def uneven(received: F64, mean: F64, kept: Chosen) -> float:
    """Relative variance of the rate between pairs, one standard error up."""
    squares = float((mean[kept] ** 2).sum())
    excess = float(((received[kept] - mean[kept]) ** 2 - mean[kept]).sum()) / squares
    error = sqrt(2 * squares + float(mean[kept].sum())) / squares
    return min(_MOST_UNEVEN, max(0.0, excess) + error)
