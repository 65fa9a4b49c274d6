from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.cluster.kernels.error_copies import find_roots, pair_probabilities
from clonotrack.sequences import Ragged
from tests.cluster.twins import error_copies as naive

PROBABILITIES = 10.0 ** (-np.arange(256) / 10)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 12), st.integers(2, 8), st.integers(0, 2**30))
def test_pair_probabilities_are_those_of_the_naive_twin(length: int, number: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    sequences = ["".join(random.choice(list("ACGTN"), length)) for _ in range(number)]
    scores = random.integers(0, 40, (number, length)).astype(np.uint8)
    pairs = [(int(parent), int(child)) for parent, child in random.integers(0, number, (9, 2))]
    ragged = Ragged.from_strings(sequences)
    found = pair_probabilities(ragged.codes, ragged.offsets, scores.ravel(), np.array(pairs), PROBABILITIES)
    assert found.tolist() == pytest.approx(
        naive.pair_probabilities(sequences, scores.tolist(), pairs, PROBABILITIES.tolist()), rel=1e-12
    )


@settings(deadline=None, max_examples=150)
@given(st.integers(2, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.booleans()), max_size=30))
def test_roots_are_those_of_the_naive_twin(n: int, items: list[tuple[int, int, bool]]) -> None:
    pairs = sorted(((a, b, c) for a, b, c in items if a < b < n), key=lambda item: item[1])
    array = np.array([item[:2] for item in pairs], dtype=np.int64).reshape(-1, 2)
    allowed = [item[2] for item in pairs]
    found = find_roots(array, np.array(allowed, dtype=np.bool_), n)
    assert found.tolist() == naive.find_roots([(a, b) for a, b, _ in pairs], allowed, n)
