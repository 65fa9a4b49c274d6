from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import Ends, Recombination, occurrences
from clonotrack.sequences import Ragged, encode
from tests.pgen.twins import generation as naive
from tests.track.made import bases


def chances(rng: np.random.Generator, count: int) -> np.ndarray:
    weights = rng.random(count) * (rng.random(count) < 0.8)
    weights[0] += 0.1
    return weights / weights.sum()


def kind(rng: np.random.Generator, alleles: int, length: int, most: int) -> tuple[naive.Kind, Ends]:
    """Segments at least as long as what may be missing of them at one end."""
    sequences = [bases(rng, int(rng.integers(max(most, 1), length + 1)), "ACG") for _ in range(alleles)]
    weights = chances(rng, alleles) if alleles else np.zeros(0)
    cut_5, cut_3 = (np.array([chances(rng, most + 1) for _ in sequences]).reshape(alleles, most + 1) for _ in range(2))
    plain = naive.Kind([(s, w, a, b) for s, w, a, b in zip(sequences, weights.tolist(), cut_5, cut_3, strict=True)])
    ragged = Ragged.from_strings(sequences)
    return plain, Ends(ragged.codes, ragged.offsets, weights, cut_5, cut_3)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.booleans(), st.integers(1, 8), st.integers(0, 3))
def test_the_sum_over_all_ways_is_that_over_all_rearrangements(seed: int, has_d: bool, size: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    v, v_ends = kind(rng, 2, 5, 2)
    d, d_ends = kind(rng, 2 if has_d else 0, 3, 2)
    j, j_ends = kind(rng, 2, 5, 2)
    n1, n2 = chances(rng, 3), chances(rng, 2)
    composition = np.array([0.2, 0.3, 0.3, 0.2])
    window = bases(rng, size, "ACG")
    model = Recombination(v_ends, d_ends, j_ends, n1, n2, composition)
    expected = naive.occurrences(window, v, d if has_d else None, j, n1, n2, composition, most)
    np.testing.assert_allclose(occurrences(encode(window), model, most), expected, rtol=1e-9, atol=1e-15)
