from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.cigar import (
    count_pieces,
    mismatch_cost,
    place_on_read,
    share_overlap,
    spans,
    trim_head,
    trim_tail,
)
from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.sequences import encode
from tests.annotate.kernels.test_ungapped import germline_codes
from tests.annotate.twins import pieces as naive
from tests.annotate.twins.ungapped import tail_to_trim

GAP = st.tuples(st.sampled_from([INSERTION, DELETION]), st.integers(1, 3))
BLOCK = st.tuples(st.just(MATCH), st.integers(1, 5))
PIECES = st.tuples(BLOCK, st.lists(st.tuples(GAP, BLOCK), max_size=3)).map(
    lambda drawn: [drawn[0], *(piece for pair in drawn[1] for piece in pair)]
)
DNA = st.text("ACGTN", min_size=40, max_size=40)


@settings(deadline=None)
@given(PIECES, DNA, st.text("ACGT", min_size=40, max_size=40), st.integers(0, 4), st.integers(0, 4))
def test_pieces_say_what_their_columns_say(
    pieces: list[tuple[int, int]], read: str, germline: str, read_start: int, germline_start: int
) -> None:
    laid = naive.columns(pieces, read_start, germline_start)
    array, count = np.array(pieces, dtype=np.int32), len(pieces)
    assert spans(array, count) == naive.spans(laid)
    for position in range(40):
        assert place_on_read(array, count, read_start, germline_start, position) == naive.place_on_read(laid, position)
    found = count_pieces(array, count, encode(read), read_start, germline_codes(germline), germline_start)
    assert found == naive.count(laid, read, germline)


@settings(deadline=None)
@given(PIECES, DNA, st.text("ACGT", min_size=40, max_size=40), st.sampled_from([1.0, 2.5, 4.0]))
def test_trimming_shortens_the_outer_pieces(
    pieces: list[tuple[int, int]], read: str, germline: str, cost: float
) -> None:
    laid = naive.columns(pieces, 0, 0)
    read_end, germline_end = naive.spans(laid)
    tail, head = np.array(pieces, dtype=np.int32), np.array(pieces, dtype=np.int32)
    trimmed = trim_tail(tail, len(pieces), encode(read), 0, germline_codes(germline), 0, cost)
    assert trimmed == tail_to_trim(read[:read_end], germline[:germline_end], pieces[-1][1] - 1, cost)
    assert tail[-1, 1] == pieces[-1][1] - trimmed
    trimmed = trim_head(head, encode(read), 0, germline_codes(germline), 0, cost)
    turned = read[::-1], germline[::-1]
    assert trimmed == tail_to_trim(*turned, pieces[0][1] - 1, cost)
    assert head[0, 1] == pieces[0][1] - trimmed


@settings(deadline=None)
@given(st.text("ACGT", min_size=12, max_size=12), st.text("ACGT", min_size=12, max_size=12), st.data())
def test_what_both_claim_is_shared_at_the_best_cut(v: str, j: str, data: st.DataObject) -> None:
    read = data.draw(st.text("ACGTN", min_size=24, max_size=24))
    shared = data.draw(st.integers(1, 8))
    v_most, j_most = data.draw(st.integers(4, 11)), data.draw(st.integers(4, 11))
    args = 12, 12, v_most
    rest = 12 - shared, 0, j_most
    found = share_overlap(encode(read), germline_codes(v), *args, germline_codes(j), *rest)
    assert found == naive.share_overlap(read, v, *args, j, *rest)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.2])
def test_a_mismatch_costs_its_log_odds(rate: float) -> None:
    expected = -math.log(4 * rate / 3) / math.log(4 * (1 - rate))
    assert mismatch_cost(int(1e7 * (1 - rate)), int(1e7 * rate)) == pytest.approx(expected, rel=1e-4)


def test_the_cost_has_bounds() -> None:
    assert mismatch_cost(3000, 0) == 4
    assert mismatch_cost(10, 10) == 1
