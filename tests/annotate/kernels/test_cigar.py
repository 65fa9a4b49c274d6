from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.cigar import (
    count_aligned_matches,
    divide_overlap,
    mismatch_cost,
    position_on_read,
    spans,
    trim_head,
    trim_tail,
)
from clonotrack.annotate.kernels.gapped import DELETION, INSERTION, MATCH
from clonotrack.sequences import encode
from tests.annotate.kernels.test_score_alleles import germline_codes
from tests.annotate.twins import cigar as naive
from tests.annotate.twins.ungapped import tail_to_trim

GAP = st.tuples(st.sampled_from([INSERTION, DELETION]), st.integers(1, 3))
BLOCK = st.tuples(st.just(MATCH), st.integers(1, 5))
OPERATIONS = st.tuples(BLOCK, st.lists(st.tuples(GAP, BLOCK), max_size=3)).map(
    lambda drawn: [drawn[0], *(operation for pair in drawn[1] for operation in pair)]
)
DNA = st.text("ACGTN", min_size=40, max_size=40)


@settings(deadline=None)
@given(OPERATIONS, DNA, st.text("ACGT", min_size=40, max_size=40), st.integers(0, 4), st.integers(0, 4))
def test_operations_agree_with_their_columns(
    operations: list[tuple[int, int]], read: str, germline: str, read_start: int, germline_start: int
) -> None:
    alignment = naive.columns(operations, read_start, germline_start)
    array, count = np.array(operations, dtype=np.int32), len(operations)
    assert spans(array, count) == naive.spans(alignment)
    for position in range(40):
        assert position_on_read(array, count, read_start, germline_start, position) == naive.position_on_read(
            alignment, position
        )
    found = count_aligned_matches(array, count, encode(read), read_start, germline_codes(germline), germline_start)
    assert found == naive.count(alignment, read, germline)


@settings(deadline=None)
@given(OPERATIONS, DNA, st.text("ACGT", min_size=40, max_size=40), st.sampled_from([1.0, 2.5, 4.0]))
def test_trimming_shortens_the_outer_operations(
    operations: list[tuple[int, int]], read: str, germline: str, cost: float
) -> None:
    alignment = naive.columns(operations, 0, 0)
    read_end, germline_end = naive.spans(alignment)
    tail, head = np.array(operations, dtype=np.int32), np.array(operations, dtype=np.int32)
    trimmed = trim_tail(tail, len(operations), encode(read), 0, germline_codes(germline), 0, cost)
    assert trimmed == tail_to_trim(read[:read_end], germline[:germline_end], operations[-1][1] - 1, cost)
    assert tail[-1, 1] == operations[-1][1] - trimmed
    trimmed = trim_head(head, encode(read), 0, germline_codes(germline), 0, cost)
    is_reversed = read[::-1], germline[::-1]
    assert trimmed == tail_to_trim(*is_reversed, operations[0][1] - 1, cost)
    assert head[0, 1] == operations[0][1] - trimmed


@settings(deadline=None)
@given(st.text("ACGT", min_size=12, max_size=12), st.text("ACGT", min_size=12, max_size=12), st.data())
def test_overlap_is_divided_at_the_best_cut(v: str, j: str, data: st.DataObject) -> None:
    read = data.draw(st.text("ACGTN", min_size=24, max_size=24))
    shared = data.draw(st.integers(1, 8))
    v_removable, j_removable = data.draw(st.integers(4, 11)), data.draw(st.integers(4, 11))
    args = 12, 12, v_removable
    rest = 12 - shared, 0, j_removable
    found = divide_overlap(encode(read), germline_codes(v), *args, germline_codes(j), *rest)
    assert found == naive.divide_overlap(read, v, *args, j, *rest)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.2])
def test_a_mismatch_costs_its_log_odds(rate: float) -> None:
    expected = -math.log(4 * rate / 3) / math.log(4 * (1 - rate))
    assert mismatch_cost(int(1e7 * (1 - rate)), int(1e7 * rate)) == pytest.approx(expected, rel=1e-4)


def test_the_mismatch_cost_has_bounds() -> None:
    assert mismatch_cost(3000, 0) == 4
    assert mismatch_cost(10, 10) == 1
