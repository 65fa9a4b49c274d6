"""A patient's clone: the rearrangements that all its cells carry."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clonotrack.germline import Reference
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.plan import MarkerPlan, Plan
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombination import Germline, draw
from clonotrack.simulate.repertoire import person_germline, with_kde
from clonotrack.simulate.streams import stream

KDE = "KDE"


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker: the rearrangement, and the id that the flow gives it."""

    subject_id: str
    rearrangement: Rearrangement
    copies_per_cell: int

    @property
    def marker_id(self) -> str:
        """Subject, system and the first 8 digits of the clone_id."""
        return f"{self.subject_id}.{self.rearrangement.system}.{self.rearrangement.clone_id[:8]}"


def clone_markers(plan: Plan, reference: Reference, seed: int) -> tuple[Marker, ...]:
    """Every patient's markers, in the order of the plan."""
    return tuple(
        Marker(
            subject.subject_id,
            _rearranged(marker, reference, subject.subject_id, number, seed),
            marker.copies_per_cell,
        )
        for subject in plan.subjects
        for number, marker in enumerate(subject.markers)
    )


def _rearranged(plan: MarkerPlan, reference: Reference, person: str, number: int, seed: int) -> Rearrangement:
    rng = stream(seed, person, "marker", str(number))
    germline = _demanded(plan, person_germline(reference, plan.locus, person, seed), reference)
    drawn = draw(germline, 1, rng, productive=plan.productive, min_inserted=plan.min_inserted)[0]
    return hypermutate(drawn, plan.mutation, rng)


def _demanded(plan: MarkerPlan, germline: Germline, reference: Reference) -> Germline:
    """The germline, narrowed to the genes that the plan names."""
    if plan.j_gene == KDE:
        germline = with_kde(germline, reference)
    elif plan.j_gene is not None:
        germline = replace(germline, j=germline.j.only(plan.j_gene))
    return germline if plan.v_gene is None else replace(germline, v=germline.v.only(plan.v_gene))
