from __future__ import annotations

import numpy as np
import pytest

from clonotrack.germline.recombination_stats import CELL_REARRANGEMENTS
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.repertoire import clone_weights, draw_repertoire

CLONES = 1500


@pytest.fixture(scope="module")
def b_cells(reference):
    loci = ("IGH", "IGK", "TRB")
    return draw_repertoire(reference, loci, "B", person="p", seed=1, clones=CLONES, mature=0.4, mutation=0.04)


def test_only_loci_of_the_lineage_rearrange(b_cells):
    assert {r.locus for r in b_cells.rearrangements} == {"IGH", "IGK"}


def test_numbers_of_rearrangements_per_clone(b_cells):
    assert len(b_cells.offsets) == CLONES + 1
    for locus in ("IGH", "IGK"):
        cell = CELL_REARRANGEMENTS[locus]
        expected = CLONES * (cell.productive + cell.additional)
        variance = CLONES * (cell.productive * (1 - cell.productive) + cell.additional * (1 - cell.additional / 2))
        count = sum(r.locus == locus for r in b_cells.rearrangements)
        assert abs(count - expected) <= 5 * np.sqrt(variance)
    clones = [b_cells.rearrangements[a:b] for a, b in zip(b_cells.offsets, b_cells.offsets[1:], strict=False)]
    assert all(any(r.locus == "IGH" and r.productive for r in clone) for clone in clones)


def test_mature_clones_are_hypermutated_and_naive_ones_are_not(b_cells):
    clone_of = np.repeat(np.arange(CLONES), np.diff(b_cells.offsets))
    mutated = {int(clone) for clone, r in zip(clone_of, b_cells.rearrangements, strict=True) if r.mutations}
    assert abs(len(mutated) - 0.4 * CLONES) <= 5 * np.sqrt(0.24 * CLONES)
    rates = [r.mutations / len(r.sequence) for r in b_cells.rearrangements if r.locus == "IGH" and r.mutations]
    assert 0.03 < np.mean(rates) < 0.04  # stop codons are put back


def test_all_rearrangements_of_a_cell_have_one_molecule(b_cells):
    molecules = b_cells.draw_molecules(1000, random_stream(1, "cells"))
    per_clone = [set(molecules[a:b]) for a, b in zip(b_cells.offsets, b_cells.offsets[1:], strict=False)]
    assert all(len(counts) == 1 for counts in per_clone)
    assert sum(counts.pop() for counts in per_clone) == 1000


def test_clone_shares_decrease_by_rank_and_none_dominates():
    weights = clone_weights(2000)
    assert weights.sum() == pytest.approx(1.0)
    assert (np.diff(weights) < 0).all()
    assert weights[0] < 0.02
    assert weights[99] / weights[9] == pytest.approx(20 / 110)


def test_the_repertoire_depends_on_person_and_seed(reference):
    def sequences(person, seed):
        repertoire = draw_repertoire(
            reference, ("TRG",), "T", person=person, seed=seed, clones=30, mature=0.0, mutation=0.0
        )
        return [r.sequence for r in repertoire.rearrangements]

    assert sequences("p", 1) == sequences("p", 1)
    assert sequences("p", 1) != sequences("q", 1)
    assert sequences("p", 1) != sequences("p", 2)
