"""Healthy lymphocytes of one person: clones of unequal size, each with the rearrangements its cells carry.

A patient's clone: the rearrangements that all its cells carry.

Spike-in calibrators: real V and J around a junction that no cell has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from clonotrack.germline import Reference
from clonotrack.germline.recombination_stats import CARRIAGE, Lineage
from clonotrack.sequences import F64, I64, decode
from clonotrack.simulate.plan import MarkerPlan, Plan
from clonotrack.simulate.random_streams import FIXED, stream
from clonotrack.simulate.recombine import Choices, Germline, Rearrangement, draw, hypermutate, inherit, join

LINEAGES: tuple[Lineage, ...] = ("B", "T")


RANK_OFFSET = 10.0


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Clones of one lineage.

    Attributes:
        rearrangements: those of clone 0, then of clone 1 and so on.
        offsets: shape (clones + 1,); clone i carries ``rearrangements[offsets[i]:offsets[i + 1]]``.
        weights: shape (clones,), the share of each clone in the lineage's cells.
    """

    rearrangements: tuple[Rearrangement, ...]
    offsets: I64
    weights: F64

    def copies(self, cells: int, rng: np.random.Generator) -> I64:
        """Molecules of each rearrangement in that many random cells, shape (len(rearrangements),)."""
        per_clone = np.bincount(rng.choice(len(self.weights), cells, p=self.weights), minlength=len(self.weights))
        return np.repeat(per_clone, np.diff(self.offsets))


def clone_weights(clones: int) -> F64:
    """Shares of clones by rank.

    METHOD: proportional to 1 / (rank + 10): a power law with the exponent 2 of clone sizes that repertoires show
    (Mora & Walczak 2016, arXiv:1604.00487), without a clone that outgrows the healthy.
    """
    weights: F64 = 1.0 / (np.arange(clones, dtype=np.float64) + 1 + RANK_OFFSET)
    return weights / float(weights.sum())


def healthy(
    reference: Reference,
    loci: Sequence[str],
    lineage: Lineage,
    *,
    person: str,
    seed: int,
    clones: int,
    mature: float,
    mutation: float,
) -> Repertoire:
    """The clones of one person's B or T cells, the same at every time point.

    Args:
        reference: segments to choose from.
        loci: those that are amplified; the others are not made.
        lineage: B or T.
        person: names the streams, with `seed`.
        seed: of the simulation.
        clones: how many there are.
        mature: share of B-cell clones that are hypermutated.
        mutation: their substitutions per base of IGH; IGK and IGL have half as many.
    """
    owners: list[I64] = []
    made: list[Rearrangement] = []
    is_mature = stream(seed, person, lineage, "mature").random(clones) < mature
    for locus in (locus for locus in loci if CARRIAGE[locus].lineage == lineage):
        rng = stream(seed, person, "healthy", locus)
        owner, rearrangements = _of_locus(reference, locus, person=person, seed=seed, clones=clones, rng=rng)
        rate = mutation if locus == "IGH" else mutation / 2
        changed = is_mature[owner] if lineage == "B" else np.zeros(len(owner), dtype=np.bool_)
        made += [hypermutate(r, rate, rng) if c else r for r, c in zip(rearrangements, changed, strict=True)]
        owners.append(owner)
    owner = np.concatenate([*owners, np.empty(0, dtype=np.int64)])
    order = np.argsort(owner, kind="stable")
    offsets = np.searchsorted(owner[order], np.arange(clones + 1))
    return Repertoire(tuple(made[i] for i in order), offsets, clone_weights(clones))


def _of_locus(
    reference: Reference, locus: str, *, person: str, seed: int, clones: int, rng: np.random.Generator
) -> tuple[I64, list[Rearrangement]]:
    """Clone and rearrangement, for everything the clones carry of one locus."""
    carriage = CARRIAGE[locus]
    germline = person_germline(reference, locus, person, seed)
    productive = np.flatnonzero(rng.random(clones) < carriage.productive)
    other = np.repeat(np.arange(clones), rng.binomial(2, carriage.other / 2, clones))
    is_kde = rng.random(len(other)) < carriage.kde
    deleted = other[is_kde]
    found = draw(germline, len(productive), rng, productive=True)
    found += draw(germline, len(other) - len(deleted), rng)
    if len(deleted):
        found += draw(with_kde(germline, reference), len(deleted), rng)
    return np.concatenate([productive, other[~is_kde], deleted]), found


def person_germline(reference: Reference, locus: str, person: str, seed: int) -> Germline:
    """The segments that this person carries."""
    return inherit(reference, locus, stream(seed, person, "germline", locus))


def with_kde(germline: Germline, reference: Reference) -> Germline:
    """The same V segments and, as often as all of them, the intron segment; joined to Kde."""
    intron, kde = reference.segment("Intron"), reference.segment("KDE")
    v = Choices((*germline.v.segments, intron), np.append(germline.v.weights, 1.0) / 2.0)
    return replace(germline, v=v, j=Choices((kde,), np.ones(1)))


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


JUNCTION_NT = 36  # random nt between V and J: shared with a cell by chance once in 4^36


@dataclass(frozen=True, slots=True)
class Calibrator:
    """One calibrator and the molecules of it that go into every tube."""

    control_id: str
    rearrangement: Rearrangement
    copies: int


def calibrators(reference: Reference, loci: Sequence[str], per_locus: int, copies: int) -> tuple[Calibrator, ...]:
    """The set for these loci, the same in every simulation: a laboratory buys it once."""
    return tuple(
        Calibrator(f"cal-{locus}-{number}", _calibrator(reference, locus, number), copies)
        for locus in loci
        for number in range(1, per_locus + 1)
    )


def _calibrator(reference: Reference, locus: str, number: int) -> Rearrangement:
    rng = stream(FIXED, "calibrator", locus, str(number))
    germline = inherit(reference, locus, rng)
    v = germline.v.segments[int(germline.v.draw(1, rng)[0])]
    j = germline.j.segments[int(germline.j.draw(1, rng)[0])]
    inserted = decode(rng.integers(0, 4, JUNCTION_NT).astype("uint8"))
    return join(v, None, j, locus, (v.sequence, inserted, "", "", j.sequence))
