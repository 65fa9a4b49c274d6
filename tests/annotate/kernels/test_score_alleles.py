from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.kernels.score_alleles import best_run, count_matches, head_to_trim, tail_to_trim
from clonotrack.sequences import U8, encode
from tests.annotate.twins import ungapped as naive

PAIRS = st.lists(st.tuples(st.sampled_from("ACGTN"), st.sampled_from("AACGTN")), max_size=14).map(
    lambda pairs: ("".join(a for a, _ in pairs), "".join(b for _, b in pairs))
)
EMPTY_RUN = 0


def germline_codes(sequence: str) -> U8:
    """Encode an allele as in `Segments`: an unknown base equals no base of a read."""
    codes = encode(sequence)
    return np.where(codes == 4, 5, codes).astype(np.uint8)


@settings(deadline=None)
@given(PAIRS)
def test_matches_are_counted(pair: tuple[str, str]) -> None:
    assert count_matches(encode(pair[0]), germline_codes(pair[1])) == naive.count_matches(*pair)


@settings(deadline=None)
@given(PAIRS, st.integers(1, 3))
def test_the_best_run_is_the_best_of_all_runs(pair: tuple[str, str], cost: int) -> None:
    score, first, last = best_run(encode(pair[0]), germline_codes(pair[1]), cost)
    expected = naive.best_run(*pair, cost)
    assert score == expected[0]
    if score > EMPTY_RUN:
        assert (first, last) == expected[1:]


@settings(deadline=None)
@given(PAIRS, st.sampled_from([1.0, 1.5, 2.25, 4.0]), st.data())
def test_ends_are_trimmed_where_the_sum_is_lowest(pair: tuple[str, str], cost: float, data: st.DataObject) -> None:
    length = len(pair[0])
    longest = data.draw(st.integers(0, length))
    read, germline = encode(pair[0]), germline_codes(pair[1])
    expected = naive.tail_to_trim(*pair, longest, cost)
    assert tail_to_trim(read, length - 1, germline, length - 1, longest, cost) == expected
    assert head_to_trim(read[::-1].copy(), 0, germline[::-1].copy(), 0, longest, cost) == expected
