"""Truth beside a simulated tube: what was drawn, and the call it deserves.

A series of tubes from a plan: patients' clones at known levels, controls, calibrators.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from clonotrack.germline import Reference
from clonotrack.germline.recombination_stats import Lineage
from clonotrack.simulate.people import LINEAGES, Calibrator, Marker, Repertoire, calibrators, clone_markers, healthy
from clonotrack.simulate.plan import LibraryPlan, Plan, SamplePlan
from clonotrack.simulate.random_streams import stream
from clonotrack.simulate.tube import Contents, Lot, Tube, run_tube
from clonotrack.tables import COMBINED

_DETECTED = -math.log(0.05)  # expected molecules of which at least one is there in 95 of 100 tubes


def detection_limit(cells: float, capture: float, copies_per_cell: float) -> float:
    """Level at which 95 of 100 tubes hold a captured molecule: 3.0 / (cells x capture x copies)."""
    return _DETECTED / (cells * capture * copies_per_cell)


def expected_call(molecules: int, realised: float, limit: float, target_level: float) -> str:
    """The call that drawn molecules deserve, without background.

    Any molecule is found; above the limit of detection it is `positive`, under it `positive_below_loq`. None is
    `negative` where the limit reaches the target level, else `insufficient`.
    """
    if molecules:
        return "positive" if realised >= limit else "positive_below_loq"
    return "negative" if limit <= target_level else "insufficient"


def marker_truth(
    sample: SamplePlan,
    library: LibraryPlan,
    marker: Marker,
    clone_cells: int,
    *,
    drawn: tuple[int, int],
    target_level: float,
) -> dict[str, Any]:
    """One TRUTH row.

    Args:
        sample: its level and cells.
        library: its capture.
        marker: what was counted.
        clone_cells: cells of the clone that were drawn.
        drawn: the marker's captured molecules, and their reads.
        target_level: level that a negative result has to reach.
    """
    molecules, reads = drawn
    realised = molecules / (library.capture * marker.copies_per_cell * sample.cells)
    limit = detection_limit(sample.cells, library.capture, marker.copies_per_cell)
    return {
        "subject_id": sample.subject_id,
        "sample_id": sample.sample_id,
        "role": sample.role,
        "day": sample.day,
        "marker_id": marker.marker_id,
        "locus": marker.rearrangement.locus,
        "true_mrd": sample.level,
        "cells": sample.cells,
        "clone_cells": clone_cells,
        "molecules": molecules,
        "reads": reads,
        "realised": realised,
        "expected_call": expected_call(molecules, realised, limit, target_level),
    }


def combined_truth(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sample's row: its highest marker, as the combined result is the highest."""
    highest = max(rows, key=lambda row: float(row["realised"]))
    return {**highest, "marker_id": COMBINED, "locus": None}


class Series:
    """A simulation: the same plan, reference and seed give the same reads.

    Args:
        plan: what is simulated.
        reference: where V, D and J come from.
        seed: in place of the plan's.
    """

    def __init__(self, plan: Plan, reference: Reference, seed: int | None = None) -> None:
        self.plan = plan
        self.reference = reference
        self.seed = plan.seed if seed is None else seed
        self._repertoires: dict[tuple[str, str, Lineage], Repertoire] = {}

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """Every patient's markers, in the order of the plan."""
        return clone_markers(self.plan, self.reference, self.seed)

    @cached_property
    def controls(self) -> dict[str, tuple[Calibrator, ...]]:
        """The calibrators of each library."""
        return {
            name: calibrators(self.reference, library.loci, library.calibrators_per_locus, library.calibrator_copies)
            for name, library in self.plan.libraries.items()
        }

    def tube(self, sample: SamplePlan) -> tuple[Tube, list[dict[str, Any]]]:
        """One tube, and its TRUTH rows (none for a control); it depends on the seed and its own name only."""
        library = self.plan.library_of(sample)
        rng = stream(self.seed, "tube", sample.sample_id)
        clone_cells = int(rng.poisson(sample.level * sample.cells))
        markers = self._markers_of(sample)
        parts: list[Lot] = [
            ([m.rearrangement for m in markers], [clone_cells * m.copies_per_cell for m in markers]),
            ([c.rearrangement for c in self.controls[library]], [c.copies for c in self.controls[library]]),
            *(self._healthy_cells(sample, lineage, rng) for lineage in LINEAGES),
        ]
        tube = run_tube(Contents.of(parts), self.plan.libraries[library], rng)
        return tube, self._truth(sample, markers, clone_cells, tube)

    def _markers_of(self, sample: SamplePlan) -> list[Marker]:
        loci = self.plan.libraries[self.plan.library_of(sample)].loci
        return [m for m in self.markers if m.subject_id == sample.subject_id and m.rearrangement.locus in loci]

    def _healthy_cells(self, sample: SamplePlan, lineage: Lineage, rng: np.random.Generator) -> Lot:
        """Rearrangements of the sample's healthy cells, and molecules of each."""
        fraction = sample.b_fraction if lineage == "B" else sample.t_fraction
        cells = int(rng.poisson(fraction * sample.cells))
        if not cells:
            return (), np.empty(0, dtype=np.int64)
        repertoire = self.repertoire(sample, lineage)
        return repertoire.rearrangements, repertoire.copies(cells, rng)

    def repertoire(self, sample: SamplePlan, lineage: Lineage) -> Repertoire:
        """Healthy clones of the patient, or of the donor of a control; made once."""
        person = sample.subject_id or sample.sample_id
        library = self.plan.library_of(sample)
        key = (person, library, lineage)
        if key not in self._repertoires:
            self._repertoires[key] = healthy(
                self.reference,
                self.plan.libraries[library].loci,
                lineage,
                person=person,
                seed=self.seed,
                **self.plan.repertoire.model_dump(),
            )
        return self._repertoires[key]

    def _truth(self, sample: SamplePlan, markers: list[Marker], clone_cells: int, tube: Tube) -> list[dict[str, Any]]:
        library = self.plan.libraries[self.plan.library_of(sample)]
        rows = [
            marker_truth(
                sample,
                library,
                marker,
                clone_cells,
                drawn=tube.drawn(marker.rearrangement),
                target_level=self.plan.target_level,
            )
            for marker in markers
        ]
        return [combined_truth(rows), *rows] if rows else []
