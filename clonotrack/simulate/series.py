"""A series of tubes from a plan: patients' clones at known levels, controls, calibrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from clonotrack.germline import Reference
from clonotrack.sequence import I64, Ragged
from clonotrack.simulate.amplification import amplify, polymerase_errors
from clonotrack.simulate.calibrators import Calibrator, calibrators
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.plan import MarkerPlan, Plan, SamplePlan
from clonotrack.simulate.recombination import Germline, draw
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.repertoire import LINEAGES, Lineage, Repertoire, healthy, person_germline, with_kde
from clonotrack.simulate.sequencing import ReadBatch, sequence
from clonotrack.simulate.streams import stream
from clonotrack.simulate.truth import combined_truth, marker_truth
from clonotrack.tables import CONTROLS, MARKERS, SAMPLES, check
from clonotrack.tables.truth import TRUTH


@dataclass(frozen=True, slots=True)
class Marker:
    """A patient's marker and the rearrangement it is."""

    marker_id: str
    subject_id: str
    plan: MarkerPlan
    rearrangement: Rearrangement


@dataclass(frozen=True, slots=True)
class Tube:
    """What is in a tube and what was read of it.

    Attributes:
        sample: its plan.
        rearrangements: the templates: the patient's markers that the library amplifies, calibrators, healthy cells'.
        copies: molecules of each in the tube, shape (templates,).
        molecules: captured ones of each.
        reads: of each.
        batches: the reads, in the order of the file.
        truth: TRUTH rows; none for a control.
    """

    sample: SamplePlan
    rearrangements: tuple[Rearrangement, ...]
    copies: I64
    molecules: I64
    reads: I64
    batches: tuple[ReadBatch, ...]
    truth: tuple[dict[str, Any], ...]


class Series:
    """A simulation: the same plan, reference and seed give the same bytes.

    Args:
        plan: what is simulated.
        reference: where V, D and J come from.
        seed: in place of the plan's.
    """

    def __init__(self, plan: Plan, reference: Reference, seed: int | None = None) -> None:
        self.plan = plan
        self.reference = reference
        self.seed = plan.seed if seed is None else seed
        self._people: dict[tuple[str, Lineage, str], Repertoire] = {}

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """Every patient's markers, in the order of the plan."""
        return tuple(
            self._marker(subject.subject_id, number, marker)
            for subject in self.plan.subjects
            for number, marker in enumerate(subject.markers)
        )

    def markers_table(self) -> pl.DataFrame:
        """The true markers as a MARKERS table, so that follow-ups can be tracked without a baseline."""
        rows = [_marker_row(marker) for marker in self.markers]
        return check(pl.DataFrame(rows, schema=MARKERS.schema()), MARKERS)

    def samples_table(self, ending: str = ".fastq.gz") -> pl.DataFrame:
        """The sample sheet, files named after the samples."""
        diseases = {subject.subject_id: subject.disease for subject in self.plan.subjects}
        rows = [
            {
                **sample.model_dump(include={"subject_id", "sample_id", "role", "day", "tissue", "run_id"}),
                "reads_1": f"{sample.sample_id}{ending}",
                "library": self.plan.library_of(sample),
                "input_cells": float(sample.cells) if sample.cells and sample.input == "cells" else None,
                "input_ng": sample.cells * self.plan.pg_per_cell / 1000 if sample.input == "ng" else None,
                "disease": diseases.get(sample.subject_id or ""),
            }
            for sample in self.plan.samples
        ]
        return check(pl.DataFrame(rows, schema=SAMPLES.schema()), SAMPLES)

    def controls(self, library: str) -> list[Calibrator]:
        """Calibrators of a library."""
        made = self.plan.libraries[library]
        return calibrators(self.reference, made.loci, made.calibrators_per_locus, made.calibrator_copies)

    def controls_table(self, library: str) -> pl.DataFrame:
        """The calibrators of a library as a CONTROLS table."""
        rows = [
            {
                "control_id": control.control_id,
                "kind": "calibrator",
                "locus": control.rearrangement.locus,
                "sequence": control.rearrangement.amplicon(),
                "copies": float(control.copies),
            }
            for control in self.controls(library)
        ]
        return check(pl.DataFrame(rows, schema=CONTROLS.schema()), CONTROLS)

    def tubes(self) -> Iterator[Tube]:
        """Every tube of the plan, one at a time."""
        return map(self.tube, self.plan.samples)

    def tube(self, sample: SamplePlan) -> Tube:
        """One tube. Its random numbers depend on the seed and its own name only."""
        library = self.plan.libraries[self.plan.library_of(sample)]
        rng = stream(self.seed, "tube", sample.sample_id)
        markers = [m for m in self.markers if m.subject_id == sample.subject_id and m.plan.locus in library.loci]
        clone_cells = int(rng.poisson(sample.level * sample.cells))
        controls = self.controls(self.plan.library_of(sample))
        rearrangements = [m.rearrangement for m in markers] + [control.rearrangement for control in controls]
        copies = [clone_cells * m.plan.copies_per_cell for m in markers] + [control.copies for control in controls]
        counts: list[I64] = [np.array(copies, dtype=np.int64)]
        for lineage, fraction in zip(LINEAGES, (sample.b_fraction, sample.t_fraction), strict=True):
            cells = int(rng.poisson(fraction * sample.cells))
            if cells:
                repertoire = self._healthy(sample, lineage)
                present = repertoire.copies(cells, rng)
                kept = np.flatnonzero(present)
                rearrangements += [repertoire.rearrangements[i] for i in kept]
                counts.append(present[kept])
        all_copies = np.concatenate(counts)
        molecules = amplify(
            all_copies,
            capture=library.capture,
            reads_per_molecule=library.reads_per_molecule,
            dispersion=library.dispersion,
            rng=rng,
        )
        templates = Ragged.from_strings(r.amplicon() for r in rearrangements)
        edits = polymerase_errors(
            templates.lengths[molecules.template],
            molecules.reads,
            rate=library.polymerase_error_rate,
            cycles=library.cycles,
            rng=rng,
        )
        origin = np.repeat(molecules.template, molecules.reads)
        batches = tuple(sequence(templates, origin, edits, error_rate=library.error_rate, rng=rng))
        captured, reads = molecules.count(len(templates))
        truth = [
            marker_truth(
                sample,
                marker_id=marker.marker_id,
                locus=marker.plan.locus,
                copies_per_cell=marker.plan.copies_per_cell,
                capture=library.capture,
                target_level=self.plan.target_level,
                clone_cells=clone_cells,
                molecules=int(captured[i]),
                reads=int(reads[i]),
            )
            for i, marker in enumerate(markers)
        ]
        truth += [combined_truth(truth)] if truth else []
        return Tube(sample, tuple(rearrangements), all_copies, captured, reads, batches, tuple(truth))
