from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.pgen.kernels import RecombinationModel, TrimmedSegments, expected_occurrences
from clonotrack.sequences import Ragged, encode
from tests.pgen.twins import kernels as naive
from tests.track.small_inputs import bases


def probabilities(rng: np.random.Generator, count: int) -> np.ndarray:
    weights = rng.random(count) * (rng.random(count) < 0.8)
    weights[0] += 0.1
    return weights / weights.sum()


def segments(rng: np.random.Generator, alleles: int, length: int, most: int) -> tuple[naive.Segments, TrimmedSegments]:
    """Random segments, at least `most` nt long, with up to `most` bases missing at each end."""
    sequences = [bases(rng, int(rng.integers(max(most, 1), length + 1)), "ACG") for _ in range(alleles)]
    weights = probabilities(rng, alleles) if alleles else np.zeros(0)
    missing_5, missing_3 = (
        np.array([probabilities(rng, most + 1) for _ in sequences]).reshape(alleles, most + 1) for _ in range(2)
    )
    rows = zip(sequences, weights.tolist(), missing_5, missing_3, strict=True)
    plain = naive.Segments(list(rows))
    ragged = Ragged.from_strings(sequences)
    return plain, TrimmedSegments(ragged.codes, ragged.offsets, weights, missing_5, missing_3)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.booleans(), st.integers(1, 8), st.integers(0, 3))
def test_expected_occurrences_equal_the_sum_over_all_rearrangements(
    seed: int, has_d: bool, size: int, most: int
) -> None:
    rng = np.random.default_rng(seed)
    v, v_segments = segments(rng, 2, 5, 2)
    d, d_segments = segments(rng, 2 if has_d else 0, 3, 2)
    j, j_segments = segments(rng, 2, 5, 2)
    n1, n2 = probabilities(rng, 3), probabilities(rng, 2)
    composition = np.array([0.2, 0.3, 0.3, 0.2])
    window = bases(rng, size, "ACG")
    model = RecombinationModel(v_segments, d_segments, j_segments, n1, n2, composition)
    expected = naive.expected_occurrences(window, v, d if has_d else None, j, n1, n2, composition, most)
    np.testing.assert_allclose(expected_occurrences(encode(window), model, most), expected, rtol=1e-9, atol=1e-15)
