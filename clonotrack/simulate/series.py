"""Simulate the tubes of a plan: patients' clones at given MRD levels, controls and calibrators."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from clonotrack.germline import Reference
from clonotrack.germline.recombination_stats import Lineage
from clonotrack.simulate.calibrators import Calibrator, make_calibrators
from clonotrack.simulate.markers import Marker, draw_markers
from clonotrack.simulate.plan import Plan, SamplePlan
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.repertoire import LINEAGES, Repertoire, draw_repertoire
from clonotrack.simulate.truth import combined_truth, marker_truth
from clonotrack.simulate.tube import MoleculeSource, SimulatedTube, TubeContents, simulate_tube


class Series:
    """Simulate the tubes of a plan; equal plan, reference and seed give equal reads.

    Args:
        plan: libraries, patients and tubes.
        reference: germline reference to draw segments from.
        seed: seed of all random numbers; None uses the seed of the plan.
    """

    def __init__(self, plan: Plan, reference: Reference, seed: int | None = None) -> None:
        self.plan = plan
        self.reference = reference
        self.seed = plan.seed if seed is None else seed
        self._repertoires: dict[tuple[str, str, Lineage], Repertoire] = {}

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """Markers of all patients, in the order of the plan."""
        return draw_markers(self.plan, self.reference, self.seed)

    @cached_property
    def calibrators(self) -> dict[str, tuple[Calibrator, ...]]:
        """Calibrators of each library, by name of the library."""
        return {
            name: make_calibrators(
                self.reference, library.loci, library.calibrators_per_locus, library.calibrator_copies
            )
            for name, library in self.plan.libraries.items()
        }

    def tube(self, sample: SamplePlan) -> tuple[SimulatedTube, list[dict[str, Any]]]:
        """Simulate the tube of one sample.

        The random numbers depend only on the seed and the name of the sample, not on other tubes.

        Args:
            sample: plan of the sample, one of ``plan.samples``.

        Returns:
            The tube, and its rows of TRUTH as dictionaries (none for a control).
        """
        library = self.plan.library_of(sample)
        rng = random_stream(self.seed, "tube", sample.sample_id)
        clone_cells = int(rng.poisson(sample.level * sample.cells))
        markers = self._amplified_markers(sample)
        calibrators = self.calibrators[library]
        sources: list[MoleculeSource] = [
            ([m.rearrangement for m in markers], [clone_cells * m.copies_per_cell for m in markers]),
            ([c.rearrangement for c in calibrators], [c.copies for c in calibrators]),
            *(self._draw_healthy_cells(sample, lineage, rng) for lineage in LINEAGES),
        ]
        tube = simulate_tube(TubeContents.from_sources(sources), self.plan.libraries[library], rng)
        return tube, self._truth_rows(sample, markers, clone_cells, tube)

    def _amplified_markers(self, sample: SamplePlan) -> list[Marker]:
        """List the markers of the sample's patient that have a locus which the library amplifies."""
        loci = self.plan.libraries[self.plan.library_of(sample)].loci
        return [m for m in self.markers if m.subject_id == sample.subject_id and m.rearrangement.locus in loci]

    def _draw_healthy_cells(self, sample: SamplePlan, lineage: Lineage, rng: np.random.Generator) -> MoleculeSource:
        """Draw the healthy cells of one lineage in a tube; return rearrangements and the copies of each."""
        fraction = sample.b_fraction if lineage == "B" else sample.t_fraction
        cells = int(rng.poisson(fraction * sample.cells))
        if not cells:
            return (), np.empty(0, dtype=np.int64)
        repertoire = self.repertoire(sample, lineage)
        return repertoire.rearrangements, repertoire.draw_molecules(cells, rng)

    def repertoire(self, sample: SamplePlan, lineage: Lineage) -> Repertoire:
        """Return the healthy clones of the sample's patient, or of the donor of a control sample.

        The clones are drawn at the first call for a person, library and lineage, and kept.
        """
        person = sample.subject_id or sample.sample_id
        library = self.plan.library_of(sample)
        key = (person, library, lineage)
        if key not in self._repertoires:
            self._repertoires[key] = draw_repertoire(
                self.reference,
                self.plan.libraries[library].loci,
                lineage,
                person=person,
                seed=self.seed,
                **self.plan.repertoire.model_dump(),
            )
        return self._repertoires[key]

    def _truth_rows(
        self, sample: SamplePlan, markers: list[Marker], clone_cells: int, tube: SimulatedTube
    ) -> list[dict[str, Any]]:
        """Make the TRUTH rows of a tube: the combined row first, then one per marker."""
        library = self.plan.libraries[self.plan.library_of(sample)]
        rows = [
            marker_truth(
                sample,
                library,
                marker,
                clone_cells,
                counts=tube.count(marker.rearrangement),
                target_level=self.plan.target_level,
            )
            for marker in markers
        ]
        return [combined_truth(rows), *rows] if rows else []
