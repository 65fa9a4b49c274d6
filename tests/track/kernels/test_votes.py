from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.track.kernels.verify_hits import vote
from tests.track.sieved import joined_up
from tests.track.twins import votes as naive

rows = st.tuples(st.text("ACGTN", max_size=12), st.integers(-6, 12), st.booleans())


@settings(deadline=None, max_examples=200)
@given(st.lists(rows, max_size=6), st.integers(1, 8), st.integers(0, 4))
def test_every_base_is_counted_at_its_place(reads: list[tuple[str, int, bool]], size: int, flank: int) -> None:
    text, starts, ends = joined_up([read for read, _, _ in reads])
    votes = np.zeros((size + 2 * flank, 4), dtype=np.int64)
    begins, turned = (np.array([row[i] for row in reads], dtype=np.int64) for i in (1, 2))
    vote(text, starts, ends, begins, turned, size, flank, votes)
    expected = naive.vote(*map(list, zip(*reads, strict=True)), size, flank) if reads else {}
    assert {(i, "ACGT"[j]): int(votes[i, j]) for i, j in np.argwhere(votes).tolist()} == expected
