import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels.quality import (
    BOUND_UNIT,
    ERROR_UNIT,
    EXPECTED_ERRORS,
    INVALID_QUALITY,
    exceed_error_rate,
    expected_error_bound,
)
from tests.raw_reads.twins import quality as naive

reads = st.lists(st.lists(st.integers(0, 93), max_size=30), max_size=8)


def ragged(rows):
    offsets = np.cumsum([0, *map(len, rows)])
    return np.array([value for row in rows for value in row], dtype=np.uint8), offsets


def exceeding(rows, limit):
    scores, offsets = ragged(rows)
    text, lengths = scores + 33, np.diff(offsets)
    bounds = np.array(
        [expected_error_bound(text, *place) for place in zip(offsets[:-1], lengths, strict=True)], dtype=np.int64
    )
    found = exceed_error_rate(text, offsets[:-1], lengths, bounds, limit)
    always_exact = exceed_error_rate(text, offsets[:-1], lengths, 1000 * lengths, limit)
    assert found.tolist() == always_exact.tolist()
    return found.tolist()


@given(reads, st.integers(1, 999))
@settings(deadline=None)
def test_reads_above_an_error_rate_agree_with_the_twin(rows, thousandths):
    """At a limit that no sum of so few scores meets."""
    limit = thousandths / 1000 + 3e-7
    assert exceeding(rows, round(limit * ERROR_UNIT)) == naive.exceed_error_rate(rows, limit)


@given(st.binary(max_size=20) | st.lists(st.integers(33, 126), max_size=3000).map(bytes))
@settings(deadline=None)
def test_the_bound_agrees_with_the_twin_and_is_not_below_the_expected_errors(letters):
    text = np.frombuffer(b"x" + letters, dtype=np.uint8)
    bound = expected_error_bound(text, 1, len(letters))
    assert bound == (INVALID_QUALITY if (expected := naive.expected_error_bound(letters)) is None else expected)
    assert bound == INVALID_QUALITY or bound * BOUND_UNIT >= EXPECTED_ERRORS[text[1:]].sum()


@pytest.mark.parametrize("length", [3, 8, 20])
def test_every_byte_as_a_quality(length):
    for byte in range(256):
        for place in range(length):
            text = np.full(length, ord("I"), dtype=np.uint8)
            text[place] = byte
            assert (expected_error_bound(text, 0, length) != INVALID_QUALITY) == (33 <= byte <= 126)


def test_twenty_bases_of_q10_are_exactly_two_errors():
    """In floating point they are 2.0000000000000004, and a read at the limit would be refused."""
    assert exceeding([[10] * 20], ERROR_UNIT // 10) == [False]
    assert exceeding([[10] * 20], ERROR_UNIT // 10 - 1) == [True]
