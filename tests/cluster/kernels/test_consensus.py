from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.cluster.kernels.consensus import consensus
from clonotrack.sequences import Ragged, decode
from tests.cluster.twins.consensus import consensus as naive

ROW = st.tuples(st.text("ACGTN", min_size=1, max_size=12), st.integers(0, 2**20), st.integers(1, 9), st.integers(0, 12))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=4))
def test_consensus_is_that_of_the_naive_twin(groups: list[list[tuple[str, int, int, int]]]) -> None:
    rows = [row for group in groups for row in group]
    ragged = Ragged.from_strings(row[0] for row in rows)
    scores = [np.random.default_rng(row[1]).integers(0, 41, len(row[0])) for row in rows]
    anchors = [row[3] % len(row[0]) for row in rows]
    bounds = np.cumsum([0, *map(len, groups)])
    codes, offsets, found_anchors = consensus(
        ragged.codes,
        ragged.offsets,
        np.concatenate(scores).astype(np.uint8),
        np.array([row[2] for row in rows]),
        np.array(anchors),
        bounds,
    )
    for g, (start, end) in enumerate(pairwise(bounds)):
        expected = naive(
            [row[0] for row in rows[start:end]],
            [score.tolist() for score in scores[start:end]],
            [row[2] for row in rows[start:end]],
            anchors[start:end],
        )
        assert (decode(codes[offsets[g] : offsets[g + 1]]), found_anchors[g]) == expected
