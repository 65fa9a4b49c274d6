"""Collect the evidence of one MRD row: its observations (a marker in a tube), their count model, and their flags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Any

from clonotrack.assay.cells import Cells
from clonotrack.errors import QuantityError
from clonotrack.quantify.background import Background
from clonotrack.quantify.index_hopping import CarryOverSource
from clonotrack.quantify.run_context import RunContext
from clonotrack.quantify.tube import Conversion, Counting, Marker, Observation, Tube, molecule_model
from clonotrack.stats.count_model import CountModel, TubeModel
from clonotrack.stats.reads_per_cell import share_with_reads
from clonotrack.stats.uncertainty import Uncertainty

SHALLOW_SHARE = 0.2
"""Share of captured molecules without a read above which a row is flagged `shallow`."""
NOTICED_CARRY_OVER = 0.05
"""Expected carry-over [counts] above which the flags `hopping_assumed` and `single_index` are set."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of one MRD row. If there is a failure, the call of the row is `failed`.

    Attributes:
        observations: each marker of the row in each tube that amplifies its locus.
        model: count model of the row; None if the counts cannot be converted to cells.
        backgrounds: background of each marker of the row.
        carry_over_sources: for each observation, the other tubes of the run with reads of the marker, by falling reads.
        failures: flags that leave the row without a result.
        flags: all flags, including `failures`.
    """

    observations: tuple[Observation, ...]
    model: CountModel | None
    backgrounds: tuple[Background, ...]
    carry_over_sources: tuple[CarryOverSource, ...]
    failures: frozenset[str]
    flags: frozenset[str]

    @property
    def reads(self) -> int:
        """Reads of all markers in all tubes."""
        return sum(observation.reads for observation in self.observations)

    @property
    def umis(self) -> int | None:
        """UMIs of all markers in all tubes; None if an observation has none."""
        umis = [observation.tube.counts.umis.get(observation.marker_id) for observation in self.observations]
        counted = [count for count in umis if count is not None]
        return sum(counted) if counted and len(counted) == len(umis) else None

    @property
    def count(self) -> int:
        """The counts of the count model: molecules if they are counted by UMI, otherwise reads."""
        return sum(observation.count for observation in self.observations)

    @property
    def molecules(self) -> float | None:
        """Captured molecules: clone cells x capture x copies x strands; None if counts cannot be converted."""
        if self.model and self.capture and self.copies and self.strands:
            cells = self.count / self.model.counts_per_level * self.model.cells
            return cells * self.capture * self.copies * self.strands
        molecules = [observation.molecules for observation in self.observations]
        converted = [number for number in molecules if number is not None]
        return sum(converted) if converted and len(converted) == len(molecules) else None

    @property
    def expected_carry_over(self) -> float | None:
        """Expected counts from other samples of the run; None if the counts cannot be converted to cells."""
        if self.model is None:
            return None
        return sum(rate.mean for tube in self.model.tubes for rate in tube.carry_over)

    @property
    def counting(self) -> Counting | None:
        """How molecules are counted: `read_share`, `spike_in` or `umi`; the first of these if tubes differ."""
        used = {each.conversion.counting for each in self.observations if isinstance(each.conversion, Conversion)}
        weakest_first: tuple[Counting, ...] = ("read_share", "spike_in", "umi")
        return next((counting for counting in weakest_first if counting in used), None)

    @property
    def capture(self) -> float | None:
        """Mean capture over the molecules of the clone in the tubes."""
        mean = _weighted_mean(self.observations, lambda each: each.capture.value, lambda each: each.cells * each.copies)
        return None if mean is None else min(1.0, mean)

    @property
    def strands(self) -> float | None:
        """Strands of a captured molecule that are counted separately (1 or 2), as the mean over the tubes."""
        return _weighted_mean(
            self.observations, lambda each: each.strands, lambda each: each.cells * each.copies * each.capture.value
        )

    @property
    def copies(self) -> float | None:
        """k, molecules of all markers of the row in one clone cell, as the mean over the cells of the tubes."""
        cells = sum({id(each.tube): each.cells for each in self.observations}.values())
        return sum(each.cells * each.copies for each in self.observations) / cells if cells else None


def _weighted_mean(
    observations: Iterable[Observation], value: Callable[[Observation], float], weight: Callable[[Observation], float]
) -> float | None:
    pairs = [(value(observation), weight(observation)) for observation in observations]
    total = sum(share for _, share in pairs)
    return sum(number * share for number, share in pairs) / total if total else None


def collect_evidence(
    markers: Sequence[Marker],
    tubes: Sequence[Tube],
    context: RunContext,
    contaminated: frozenset[str] = frozenset(),
) -> Evidence:
    """Collect the evidence of one MRD row: one or several markers of a patient in all tubes of a sample.

    UMIs and reads cannot be added up. So UMIs are counted if every tube has UMIs; otherwise reads are counted in all
    tubes.

    Args:
        markers: MARKERS rows of the patient: one for the row of a marker, several for the combined row.
        tubes: tubes of the sample.
        context: background, index hopping and efficiency from all tubes.
        contaminated: marker_id of the markers for which a no-template control of the run failed.

    Raises:
        QuantityError: a marker was not tracked in a tube that amplifies its locus.
    """
    by_umi = all(tube.umi_calibrators is not None for tube in tubes)
    observations = tuple(
        Observation(marker, _tracked_tube(marker, tube), tube.conversion(marker, by_umi=by_umi))
        for marker in markers
        for tube in tubes
        if tube.amplifies(marker["locus"])
    )
    failures = _failures(markers, observations, contaminated)
    lacks = any(isinstance(each.conversion, str) or each.tube.cells is None for each in observations)
    observed = {observation.marker_id: observation for observation in observations}
    return Evidence(
        observations=observations,
        model=row_model(observations, context, _specimen_cells(tubes)) if observations and not lacks else None,
        backgrounds=tuple(context.background(name) for name in observed),
        carry_over_sources=tuple(
            source for each in observations for source in context.carry_over_sources(each.marker_id, each.tube)
        ),
        failures=failures,
        flags=failures | {flag for observation in observations for flag in _flags(observation, context)},
    )


def _specimen_cells(tubes: Sequence[Tube]) -> float:
    """Add up the cells of all tubes of the sample."""
    return sum(tube.cells.number for tube in tubes if tube.cells)


def _tracked_tube(marker: Marker, tube: Tube) -> Tube:
    """Return the tube after a check that the marker was tracked in it.

    Raises:
        QuantityError: the hits of the tube do not contain the marker.
    """
    if marker["marker_id"] not in tube.counts.marker_reads:
        raise QuantityError(
            f"marker {marker['marker_id']} of patient {marker['subject_id']} was not tracked in sample "
            f"{tube.counts.sample_id}: run `track` again with all markers of the patient"
        )
    return tube


def _failures(
    markers: Sequence[Marker], observations: Sequence[Observation], contaminated: frozenset[str]
) -> frozenset[str]:
    flags = {each.conversion for each in observations if isinstance(each.conversion, str)}
    flags |= {"no_cells" for each in observations if each.tube.cells is None}
    flags |= {"reads_too_short" for each in observations if each.reads_too_short and not each.reads}
    flags |= {"control_contaminated" for marker in markers if marker["marker_id"] in contaminated}
    observed = {each.marker_id for each in observations}
    flags |= {"locus_not_amplified" for marker in markers if marker["marker_id"] not in observed}
    return frozenset(flags)


def _flags(observation: Observation, context: RunContext) -> set[str]:
    tube, conversion = observation.tube, observation.conversion
    flags = {"capture_assumed"} if observation.capture.source == "assumed" else set()
    flags |= {"reads_too_short"} if observation.reads_too_short else set()
    flags |= {"shared_rearrangement"} if observation.shared_reads else set()
    flags |= {"locus_not_stated"} if tube.loci and observation.marker["locus"] is None else set()
    if isinstance(conversion, str):
        return flags
    flags |= {"read_share"} if conversion.counting == "read_share" else set()
    flags |= {"calibrators_pooled"} if conversion.scope == "tube" else set()
    flags |= {"calibrator_refused"} if conversion.scope and tube.calibration_of(observation.marker).failed else set()
    flags |= {"efficiency_assumed"} if context.efficiency(tube, conversion)[1] else set()
    if context.carry_over(observation.marker_id, tube).mean > NOTICED_CARRY_OVER:
        flags |= {"hopping_assumed"} if context.hopping(tube).source == "assumed" else set()
        flags |= {"single_index"} if context.config.library(tube.counts.library).indexing == "single" else set()
    model = molecule_model(tube, observation.marker_id, conversion)
    with_reads = share_with_reads(model.reads_per_molecule, model.dispersion)
    return flags | ({"shallow"} if with_reads < 1 - SHALLOW_SHARE else set())


def row_model(observations: Sequence[Observation], context: RunContext, specimen_cells: float) -> CountModel:
    """Build the count model of an MRD row. Every observation must have a conversion to molecules and input cells.

    Args:
        observations: each marker in each tube.
        context: background, carry-over and efficiency from all tubes.
        specimen_cells: nucleated cells of all tubes of the sample. If the sheet states no aliquot, it is the cells of
            the tube divided by this number.
    """
    by_tube: dict[int, list[Observation]] = {}
    for observation in observations:
        by_tube.setdefault(id(observation.tube), []).append(observation)
    tubes = tuple(_tube_model(of_tube, context, specimen_cells) for of_tube in by_tube.values())
    return CountModel(tubes, _uncertainty(observations, context))


def _tube_model(observations: Sequence[Observation], context: RunContext, specimen_cells: float) -> TubeModel:
    tube, cells = observations[0].tube, observations[0].cells
    return TubeModel(
        cells=cells,
        markers=tuple(
            molecule_model(tube, each.marker_id, each.required_conversion, each.copies) for each in observations
        ),
        background=tuple(context.background(each.marker_id).rate for each in observations),
        carry_over=tuple(context.carry_over(each.marker_id, tube) for each in observations),
        aliquot=tube.aliquot or cells / specimen_cells,
    )


def _uncertainty(observations: Sequence[Observation], context: RunContext) -> Uncertainty:
    """Combine the uncertainty of the counts per molecule over all observations.

    METHOD: sd = sqrt(sum over sources of (sum of share x sd)^2), where share is the part of an observation in the
    expected counts and sd its standard error. A source of error is a set of calibrators, the cells of a tube, or the
    efficiency of a sequence. Its error is the same in all counts that use it, so shares are added linearly within a
    source. Different sources are independent, so their variances are added.
    """
    weights = [each.cells * each.copies * each.required_conversion.counts_per_copy for each in observations]
    shares = [weight / sum(weights) for weight in weights]
    pairs = list(zip(observations, shares, strict=True))
    counting = _add_deviations(
        (each.required_conversion.source, share, each.required_conversion.log_sd) for each, share in pairs
    )
    cells = _add_deviations((id(each.tube), share, each.cells_log_sd) for each, share in pairs)
    sequences = _add_deviations((each.marker_id, share, 1.0) for each, share in pairs)
    first = observations[0]
    efficiency, _ = context.efficiency(first.tube, first.required_conversion)
    calibrators = len(first.required_conversion.points)
    return Uncertainty(hypot(counting, cells), efficiency, calibrators, efficiency_share=sequences**2)


def _add_deviations(parts: Iterable[tuple[Hashable, float, float]]) -> float:
    """Compute the standard deviation of a sum of errors.

    Args:
        parts: source of an error, share of the part in the sum, and standard deviation of the error. Errors of one
            source are added linearly, errors of different sources in quadrature.
    """
    sums: dict[Hashable, float] = {}
    for source, share, deviation in parts:
        sums[source] = sums.get(source, 0.0) + share * deviation
    return sqrt(sum(value**2 for value in sums.values()))


def factor_columns(evidence: Evidence) -> dict[str, Any]:
    """Return the MRD columns that also a failed row has: reads, UMIs, molecules and the factors that are known."""
    tubes = {id(each.tube): each.tube.cells for each in evidence.observations}.values()
    cells = [tube for tube in tubes if tube is not None]
    return {
        "reads": evidence.reads,
        "umis": evidence.umis,
        "molecules": evidence.molecules,
        "counting": evidence.counting,
        "capture": evidence.capture,
        "copies_per_cell": evidence.copies,
        "strands_tagged": evidence.strands,
        "expected_carry_over": evidence.expected_carry_over,
        **(_cell_columns(cells) if cells and len(cells) == len(tubes) else {}),
    }


def _cell_columns(cells: Collection[Cells]) -> dict[str, Any]:
    """Return the columns input_cells (sum of all tubes), input_source and pg_per_cell.

    If the tubes have different sources, the least certain one is returned: reference locus, then DNA, then cells.
    """
    sources = {tube.source for tube in cells}
    weights = [tube.pg_per_cell for tube in cells if tube.pg_per_cell is not None]
    return {
        "input_cells": sum(tube.number for tube in cells),
        "input_source": next(source for source in ("reference_locus", "dna", "cells") if source in sources),
        "pg_per_cell": weights[0] if weights else None,
    }
