from __future__ import annotations

import numpy as np
import pytest

from clonotrack.germline.recombination_stats import CARRIAGE
from clonotrack.simulate.people import clone_weights, healthy
from clonotrack.simulate.random_streams import stream

CLONES = 1500


@pytest.fixture(scope="module")
def b_cells(reference):
    return healthy(reference, ("IGH", "IGK", "TRB"), "B", person="p", seed=1, clones=CLONES, mature=0.4, mutation=0.04)


def test_only_loci_of_the_lineage(b_cells):
    assert {r.locus for r in b_cells.rearrangements} == {"IGH", "IGK"}


def test_every_clone_carries_what_its_lineage_does(b_cells):
    assert len(b_cells.offsets) == CLONES + 1
    for locus in ("IGH", "IGK"):
        carriage = CARRIAGE[locus]
        expected = CLONES * (carriage.productive + carriage.other)
        variance = CLONES * (
            carriage.productive * (1 - carriage.productive) + carriage.other * (1 - carriage.other / 2)
        )
        found = sum(r.locus == locus for r in b_cells.rearrangements)
        assert abs(found - expected) <= 5 * np.sqrt(variance)
    first = [b_cells.rearrangements[a:b] for a, b in zip(b_cells.offsets, b_cells.offsets[1:], strict=False)]
    assert all(any(r.locus == "IGH" and r.productive for r in clone) for clone in first)


def test_mature_clones_are_hypermutated_and_naive_ones_are_not(b_cells):
    owners = np.repeat(np.arange(CLONES), np.diff(b_cells.offsets))
    mutated = {int(o) for o, r in zip(owners, b_cells.rearrangements, strict=True) if r.mutations}
    assert abs(len(mutated) - 0.4 * CLONES) <= 5 * np.sqrt(0.24 * CLONES)
    rates = [r.mutations / len(r.sequence) for r in b_cells.rearrangements if r.locus == "IGH" and r.mutations]
    assert 0.03 < np.mean(rates) < 0.04  # stop codons are put back


def test_molecules_of_cells(b_cells):
    copies = b_cells.copies(1000, stream(1, "cells"))
    per_clone = [set(copies[a:b]) for a, b in zip(b_cells.offsets, b_cells.offsets[1:], strict=False)]
    assert all(len(counts) == 1 for counts in per_clone)
    assert sum(counts.pop() for counts in per_clone) == 1000


def test_clone_sizes_fall_by_rank_and_none_dominates():
    weights = clone_weights(2000)
    assert weights.sum() == pytest.approx(1.0)
    assert (np.diff(weights) < 0).all()
    assert weights[0] < 0.02
    assert weights[99] / weights[9] == pytest.approx(20 / 110)


def test_the_same_person_has_the_same_cells_and_another_has_others(reference):
    def key_regions(person, seed):
        made = healthy(reference, ("TRG",), "T", person=person, seed=seed, clones=30, mature=0.0, mutation=0.0)
        return [r.sequence for r in made.rearrangements]

    assert key_regions("p", 1) == key_regions("p", 1)
    assert key_regions("p", 1) != key_regions("q", 1)
    assert key_regions("p", 1) != key_regions("p", 2)
