from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.complete_calls import settle_pairs
from clonotrack.annotate.kernels.find_vj import find_pairs
from clonotrack.annotate.kernels.frame import place_regions
from clonotrack.sequences import Ragged
from tests.annotate.kernels.made import LIMITS, reads_of_small, small
from tests.annotate.twins import complete_calls as naive_settlement
from tests.annotate.twins import pairing as naive_pairing
from tests.annotate.twins import regions as naive


@settings(deadline=None, max_examples=40)
@given(reads_of_small(), st.integers(0, 2**32))
def test_regions_are_those_of_the_naive_twin(reads: list[str], seed: int) -> None:
    rng, index = np.random.default_rng(seed), small()
    inside = [np.sort(rng.choice(np.arange(1, len(v.sequence) - 12), 4, replace=False)) for v in index.v]
    starts = np.array([[0, *(one if rng.random() < 0.8 else [-1] * 4)] for one in inside], dtype=np.int64)
    ragged = Ragged.from_strings(reads)
    found = find_pairs(ragged.codes, ragged.offsets, index.germline, LIMITS)
    details = settle_pairs(ragged.offsets, found, index.germline, LIMITS)
    first, last = place_regions(found.calls, details.pieces, details.piece_offsets, index.germline, starts)
    pairs = naive_pairing.find_pairs(reads, index.germline, LIMITS)
    expected = naive.place_regions(naive_settlement.settle_pairs(pairs, index.germline, LIMITS), starts.tolist())
    assert [list(zip(a, b, strict=True)) for a, b in zip(first.T.tolist(), last.T.tolist(), strict=True)] == expected
