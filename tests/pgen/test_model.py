from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from clonotrack.germline import Segment
from clonotrack.germline.load import load_reference
from clonotrack.pgen.model import (
    generation_probability,
    rearrangements_per_cell,
    recombination_model,
    selection_factor,
)
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import SYSTEMS

REFERENCE = load_reference()


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_a_model_whose_probabilities_sum_to_1(system: str) -> None:
    model = recombination_model(REFERENCE, system)
    assert model is not None
    for segments in (model.v, model.d, model.j):
        if len(segments.weights):
            assert segments.weights.sum() == pytest.approx(1)
            assert np.allclose([segments.missing_5.sum(axis=1), segments.missing_3.sum(axis=1)], 1, atol=1e-4)
    assert model.n1.sum() == pytest.approx(1, abs=1e-4)
    assert (len(model.d.weights) > 0) == (system in ("IGH", "TRB", "TRD"))


@pytest.mark.parametrize("locus", ["TRG", "IGK", "TRD"])
def test_the_model_predicts_how_often_random_rearrangements_contain_a_sequence(locus: str) -> None:
    """10,000 rearrangements of one person; sequences of 12 nt around the joint."""
    rng = np.random.default_rng(4)
    germline = draw_genotype(REFERENCE, locus, rng)
    functional = [segment for segment in REFERENCE.segments if segment.functionality in ("F", "")]
    alleles = Counter(segment.gene for segment in functional)
    pools = [pool for pool in (germline.v, germline.d, germline.j) if pool]
    pairs = [pair for pool in pools for pair in zip(pool.segments, pool.weights.tolist(), strict=True)]
    chosen = {segment.allele: weight * alleles[segment.gene] for segment, weight in pairs}

    def usage(segment: Segment) -> float:
        return chosen.get(segment.allele, 0.0)

    model = recombination_model(REFERENCE, locus, usage)
    assert model is not None
    sequences = [r.sequence for r in draw_rearrangements(germline, 10_000, rng)]
    total = expected = 0.0
    for rearrangement in draw_rearrangements(germline, 25, rng):
        middle = (rearrangement.v_end + rearrangement.j_start) // 2
        window = rearrangement.sequence[middle - 6 : middle + 6]
        total += sum(window in sequence for sequence in sequences)
        expected += len(sequences) * generation_probability(window, model, 0)[0]
    assert total == pytest.approx(expected, abs=4 * expected**0.5)
    assert expected > 20


def test_cells_carry_productive_rearrangements_more_often() -> None:
    assert selection_factor("TRB", productive=True) > 2
    assert selection_factor("TRB", productive=False) < 1
    assert selection_factor("IGH+", productive=True) == 1
    assert 0.2 < rearrangements_per_cell("TRG") < 0.5
    assert rearrangements_per_cell("IGK+") < rearrangements_per_cell("IGK") < 0.1
