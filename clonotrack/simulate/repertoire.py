"""Simulate the healthy lymphocytes of one person: clones of unequal size, and the rearrangements of each clone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clonotrack.germline import Reference
from clonotrack.germline.recombination_stats import CELL_REARRANGEMENTS, Lineage
from clonotrack.sequences import F64, I64
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombine import draw_rearrangements, kde_genotype, person_genotype

LINEAGES: tuple[Lineage, ...] = ("B", "T")
_RANK_OFFSET = 10.0


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Hold the clones of one lineage (B or T cells) of a person.

    Attributes:
        rearrangements: rearrangements of clone 0, then of clone 1, and so on.
        offsets: clone i carries ``rearrangements[offsets[i]:offsets[i + 1]]``; shape (clones + 1,).
        weights: share of each clone in the cells of the lineage, shape (clones,).
    """

    rearrangements: tuple[Rearrangement, ...]
    offsets: I64
    weights: F64

    def draw_molecules(self, cells: int, rng: np.random.Generator) -> I64:
        """Draw `cells` random cells; return the number of molecules of each rearrangement, shape (rearrangements,)."""
        cells_per_clone = np.bincount(rng.choice(len(self.weights), cells, p=self.weights), minlength=len(self.weights))
        return np.repeat(cells_per_clone, np.diff(self.offsets))


def clone_weights(clones: int) -> F64:
    """Compute the share of each clone in the cells of its lineage, shape (clones,), falling.

    METHOD: the share of the clone of rank 1, 2, .. is proportional to 1 / (rank + 10). This is a power law with the
    exponent 2 of clone sizes that repertoires show (Mora & Walczak 2016, arXiv:1604.00487). The offset 10 keeps the
    largest clones small, as in healthy people.
    """
    weights: F64 = 1.0 / (np.arange(clones, dtype=np.float64) + 1 + _RANK_OFFSET)
    return weights / float(weights.sum())


def draw_repertoire(
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
    """Draw the clones of the healthy B or T cells of one person; they are the same in every tube of the person.

    Args:
        reference: segments to draw from.
        loci: the amplified loci; rearrangements of other loci are not made.
        lineage: B or T cells.
        person: name of the person, which selects the streams of random numbers together with `seed`.
        seed: seed of the simulation.
        clones: number of clones.
        mature: share of B-cell clones that are hypermutated.
        mutation: hypermutated bases per base of IGH in hypermutated clones; IGK and IGL have half as many.
    """
    clone_of_locus: list[I64] = []
    all_rearrangements: list[Rearrangement] = []
    is_mature = random_stream(seed, person, lineage, "mature").random(clones) < mature
    for locus in (locus for locus in loci if CELL_REARRANGEMENTS[locus].lineage == lineage):
        rng = random_stream(seed, person, "healthy", locus)
        clone, rearrangements = _draw_locus(reference, locus, person=person, seed=seed, clones=clones, rng=rng)
        rate = mutation if locus == "IGH" else mutation / 2
        mutates = is_mature[clone] if lineage == "B" else np.zeros(len(clone), dtype=np.bool_)
        all_rearrangements += [
            hypermutate(r, rate, rng) if mutate else r for r, mutate in zip(rearrangements, mutates, strict=True)
        ]
        clone_of_locus.append(clone)
    clone = np.concatenate([*clone_of_locus, np.empty(0, dtype=np.int64)])
    order = np.argsort(clone, kind="stable")
    offsets = np.searchsorted(clone[order], np.arange(clones + 1))
    return Repertoire(tuple(all_rearrangements[i] for i in order), offsets, clone_weights(clones))


def _draw_locus(
    reference: Reference, locus: str, *, person: str, seed: int, clones: int, rng: np.random.Generator
) -> tuple[I64, list[Rearrangement]]:
    """Draw all rearrangements of one locus; return the index of the clone of each rearrangement, and all of them."""
    cell = CELL_REARRANGEMENTS[locus]
    genotype = person_genotype(reference, locus, person, seed)
    productive = np.flatnonzero(rng.random(clones) < cell.productive)
    additional = np.repeat(np.arange(clones), rng.binomial(2, cell.additional / 2, clones))
    is_kde = rng.random(len(additional)) < cell.kde
    kde = additional[is_kde]
    rearrangements = draw_rearrangements(genotype, len(productive), rng, productive=True)
    rearrangements += draw_rearrangements(genotype, len(additional) - len(kde), rng)
    if len(kde):
        rearrangements += draw_rearrangements(kde_genotype(genotype, reference), len(kde), rng)
    return np.concatenate([productive, additional[~is_kde], kde]), rearrangements
