"""A series of tubes from a plan: patients' clones at known levels, controls, calibrators."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from clonotrack.germline import Reference
from clonotrack.germline.recombination import Lineage
from clonotrack.simulate.calibrators import Calibrator, calibrators
from clonotrack.simulate.clone import Marker, clone_markers
from clonotrack.simulate.plan import Plan, SamplePlan
from clonotrack.simulate.repertoire import LINEAGES, Repertoire, healthy
from clonotrack.simulate.streams import stream
from clonotrack.simulate.truth import combined_truth, marker_truth
from clonotrack.simulate.tube import Contents, Lot, Tube, run_tube


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
