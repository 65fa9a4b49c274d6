"""Simulate the rearrangements that every cell of a patient's clone carries: the true markers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clonotrack.germline import Reference
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.plan import MarkerPlan, Plan
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombine import Genotype, draw_rearrangements, kde_genotype, person_genotype

_KDE = "KDE"


@dataclass(frozen=True, slots=True)
class Marker:
    """Hold a rearrangement of a patient's clone, and the number of its copies in each clone cell."""

    subject_id: str
    rearrangement: Rearrangement
    copies_per_cell: int

    @property
    def marker_id(self) -> str:
        """Identifier of the marker, as stage markers names it: subject, system, first 8 digits of `clone_id`."""
        return f"{self.subject_id}.{self.rearrangement.system}.{self.rearrangement.clone_id[:8]}"


def draw_markers(plan: Plan, reference: Reference, seed: int) -> tuple[Marker, ...]:
    """Draw the markers of all patients, in the order of the plan.

    Raises:
        GermlineError: the reference lacks a gene that the plan names, or hardly any random rearrangement meets the
            conditions of the plan (`productive`, `min_inserted`).
    """
    return tuple(
        Marker(
            subject.subject_id,
            _draw_marker(marker, reference, subject.subject_id, number, seed),
            marker.copies_per_cell,
        )
        for subject in plan.subjects
        for number, marker in enumerate(subject.markers)
    )


def _draw_marker(plan: MarkerPlan, reference: Reference, person: str, number: int, seed: int) -> Rearrangement:
    rng = random_stream(seed, person, "marker", str(number))
    genotype = _restrict_genotype(plan, person_genotype(reference, plan.locus, person, seed), reference)
    naive = draw_rearrangements(genotype, 1, rng, productive=plan.productive, min_inserted=plan.min_inserted)[0]
    return hypermutate(naive, plan.mutation, rng)


def _restrict_genotype(plan: MarkerPlan, genotype: Genotype, reference: Reference) -> Genotype:
    """Remove the V and J genes that the plan does not name; keep all V (or J) if the plan names none."""
    if plan.j_gene == _KDE:
        genotype = kde_genotype(genotype, reference)
    elif plan.j_gene is not None:
        genotype = replace(genotype, j=genotype.j.restrict_to(plan.j_gene))
    return genotype if plan.v_gene is None else replace(genotype, v=genotype.v.restrict_to(plan.v_gene))
