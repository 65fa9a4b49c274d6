"""Estimate what needs all tubes together: background of markers, index hopping of runs, efficiency of sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clonotrack.assay.efficiency import MIN_CALIBRATORS, Efficiency, estimate_efficiency
from clonotrack.config import Config
from clonotrack.quantify.background import Background, estimate_backgrounds
from clonotrack.quantify.index_hopping import CarryOverSource, IndexHopping, hopping_by_run
from clonotrack.quantify.tube import Conversion, Marker, Tube
from clonotrack.stats.count_model import GammaRate

CalibrationKey = tuple[str | None, str | None, tuple[str, ...]]
"""run_id, library, and control_id of the calibrators from which the counts per molecule were measured."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """Estimates from all tubes that the results of a sample use.

    Attributes:
        tubes: all tubes, including controls.
        backgrounds: background of each marker, by marker_id.
        hopping_runs: index hopping of each run, by run_id.
        efficiencies: by run, library and calibrators: distribution of eta, the standard deviation of the log
            amplification efficiency between sequences.
        config: all settings.
    """

    tubes: tuple[Tube, ...]
    backgrounds: Mapping[str, Background]
    hopping_runs: Mapping[str | None, IndexHopping]
    efficiencies: Mapping[CalibrationKey, Efficiency]
    config: Config

    def background(self, marker_id: str) -> Background:
        """Return the background of a marker."""
        return self.backgrounds[marker_id]

    def hopping(self, tube: Tube) -> IndexHopping:
        """Return the index hopping in the run of a tube."""
        return self.hopping_runs[tube.counts.run_id]

    def carry_over(self, marker_id: str, tube: Tube) -> GammaRate:
        """Return the expected counts of a marker in a tube that come from other tubes of the run."""
        return self.hopping(tube).expected_counts(marker_id, tube)

    def carry_over_sources(self, marker_id: str, tube: Tube) -> tuple[CarryOverSource, ...]:
        """Return the other tubes of the run that contain a marker, by falling reads of the marker."""
        return self.hopping(tube).sources(marker_id, tube)

    def efficiency(self, tube: Tube, conversion: Conversion) -> tuple[Efficiency, bool]:
        """Return the distribution of eta for a conversion, and whether it is assumed.

        eta is the standard deviation of the log amplification efficiency between sequences. If eta was not estimated
        from calibrators, it is `efficiency_sd` of the library. If the library states none, `quantify.efficiency_sd` is
        assumed.

        Returns:
            Each possible eta with its weight; true if it is assumed.
        """
        estimated = self.efficiencies.get(_calibration_key(tube, conversion))
        if estimated:
            return estimated, False
        stated = self.config.library(tube.counts.library).efficiency_sd
        value = self.config.quantify.efficiency_sd if stated is None else stated
        return ((value, 1.0),), stated is None


def estimate_context(tubes: Sequence[Tube], markers: Sequence[Marker], config: Config) -> RunContext:
    """Estimate background, index hopping and efficiency from all tubes together.

    Args:
        tubes: tubes of patients and controls.
        markers: MARKERS rows of all patients.
        config: all settings.
    """
    runs = hopping_by_run(tubes, config)
    backgrounds = estimate_backgrounds(markers, tubes, runs, config.quantify)
    return RunContext(tuple(tubes), backgrounds, runs, estimate_efficiencies(tubes, markers), config)


def estimate_efficiencies(tubes: Sequence[Tube], markers: Sequence[Marker]) -> dict[CalibrationKey, Efficiency]:
    """Estimate the distribution of eta from each set of five or more calibrators.

    METHOD: restricted maximum likelihood (REML) over all tubes of a run and library, because a sequence has the same
    efficiency in all these tubes. eta is the standard deviation of the log efficiency between sequences.
    """
    calibrated: dict[CalibrationKey, dict[int, tuple[Tube, Conversion]]] = {}
    distinct = {(marker["locus"], marker["v_call"]): marker for marker in markers}.values()
    for tube in tubes:
        for conversion in map(tube.conversion, distinct):
            if isinstance(conversion, Conversion) and len(conversion.points) >= MIN_CALIBRATORS:
                calibrated.setdefault(_calibration_key(tube, conversion), {})[id(tube)] = tube, conversion
    return {key: _estimate_efficiency(list(pairs.values())) for key, pairs in calibrated.items()}


def _calibration_key(tube: Tube, conversion: Conversion) -> CalibrationKey:
    return tube.counts.run_id, tube.counts.library, tuple(point.control_id for point in conversion.points)


def _estimate_efficiency(pairs: Sequence[tuple[Tube, Conversion]]) -> Efficiency:
    return estimate_efficiency([conversion.points for _, conversion in pairs], [_inflation(*pair) for pair in pairs])


def _inflation(tube: Tube, conversion: Conversion) -> float:
    """Compute the variance of the calibrators' counts in a tube, divided by their mean."""
    calibrators = tube.calibrators if tube.umi_calibrators is None else tube.umi_calibrators
    return calibrators.inflation(conversion.counts_per_copy)
