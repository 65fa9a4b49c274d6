from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import segments_of
from clonotrack.annotate.kernels.find_d import find_d
from clonotrack.annotate.kernels.score_alleles import match_evalue
from clonotrack.annotate.kernels.types import make_scratch
from clonotrack.germline import Segment
from clonotrack.sequences import encode
from tests.annotate.twins import find_d as naive

K = 4
DNA = st.text("ACG", max_size=18)
ALLELES = st.lists(st.text("ACGT", min_size=K, max_size=12), min_size=1, max_size=4)


@settings(deadline=None)
@given(DNA, ALLELES, st.integers(1, 3), st.integers(1, 12), st.data())
def test_the_best_d_is_that_of_the_naive_twin(
    stretch: str, texts: list[str], cost: int, min_score: int, data: st.DataObject
) -> None:
    allowed = data.draw(st.lists(st.integers(0, 1), min_size=len(texts), max_size=len(texts)))
    alleles = [(Segment(f"D{i}*01", f"D{i}", "IGH", ("IGH",), "D", text),) for i, text in enumerate(texts)]
    segments, seeds = segments_of(alleles, K, None)
    scores = np.zeros(len(texts), dtype=np.int64)
    votes = make_scratch(len(stretch), [(segments, seeds)], 1).votes
    found = find_d(encode(stretch), segments, seeds, np.array(allowed, dtype=np.int64), cost, min_score, votes, scores)
    expected = naive.scores(stretch, texts, allowed, cost, min_score, K)
    assert scores.tolist() == expected
    best = max(expected)
    assert found[0] == best
    if best:
        allele = expected.index(best)
        assert found[1] == allele
        assert (best, *found[2:]) in naive.matches(stretch, texts[allele], cost, min_score, K)
    assert not votes.counts.any()


@pytest.mark.parametrize("cost", [1, 2, 3])
def test_evalues_bound_the_matches_in_random_sequence(cost: int) -> None:
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(5)]
    segments, seeds = segments_of([(Segment(t, t, "IGH", ("IGH",), "D", t),) for t in texts], K, None)
    everything, scores = np.ones(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    votes = make_scratch(40, [(segments, seeds)], 1).votes
    tries = 2000
    best = np.array(
        [
            find_d(rng.integers(0, 4, 40).astype(np.uint8), segments, seeds, everything, cost, 1, votes, scores)[0]
            for _ in range(tries)
        ]
    )
    for score in (8, 9):
        expected = match_evalue(score, cost, 40 * 100)
        share = (best >= score).mean()
        assert share <= expected
        assert share >= expected / 6
