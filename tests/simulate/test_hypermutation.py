from __future__ import annotations

import numpy as np
import pytest

from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.rearrangement import is_productive
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements


@pytest.fixture(scope="module")
def naive(reference):
    genotype = draw_genotype(reference, "IGH", random_stream(1, "x"))
    return draw_rearrangements(genotype, 200, random_stream(1, "y"), productive=False)


def count_differences(a, b):
    return sum(x != y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("rate", [0.02, 0.1])
def test_substitutions_occur_at_the_set_rate(naive, rate):
    rng = random_stream(3, "rate")
    mutated = [hypermutate(r, rate, rng) for r in naive]
    bases = sum(len(r.sequence) - 6 for r in naive)
    mutations = sum(r.mutations for r in mutated)
    assert abs(mutations - rate * bases) <= 5 * np.sqrt(rate * (1 - rate) * bases)


def test_mutations_are_counted_and_anchor_codons_stay(naive):
    rng = random_stream(4, "anchors")
    for before in naive:
        after = hypermutate(before, 0.2, rng)
        assert after.mutations == count_differences(before.sequence, after.sequence)
        for start in (before.key_start, before.key_end - 3):
            assert after.sequence[start : start + 3] == before.sequence[start : start + 3]


def test_productive_rearrangements_stay_productive(reference):
    rng = random_stream(5, "productive")
    for before in draw_rearrangements(draw_genotype(reference, "IGK", rng), 200, rng, productive=True):
        after = hypermutate(before, 0.2, rng)
        assert is_productive(after.sequence, after.key_start, after.key_end)


def test_productive_describes_the_mutated_sequence(naive):
    rng = random_stream(6, "repaired")
    mutated = [hypermutate(r, 0.1, rng) for r in naive]
    assert all(r.productive is is_productive(r.sequence, r.key_start, r.key_end) for r in mutated)
    assert any(r.productive for r in mutated)  # a stop codon was mutated away


def test_rate_zero_changes_nothing(naive):
    assert all(hypermutate(r, 0.0, random_stream(1, "none")) == r for r in naive)
