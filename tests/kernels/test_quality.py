from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.quality import UNIT, expected_errors
from clonotrack.kernels.selection import select
from tests.reference.quality import expected_errors as naive
from tests.reference.selection import select as naive_select

reads = st.lists(st.lists(st.integers(0, 93), max_size=30), max_size=8)


def ragged(rows):
    offsets = np.cumsum([0, *map(len, rows)])
    return np.array([value for row in rows for value in row], dtype=np.uint8), offsets


@given(reads)
@settings(deadline=None)
def test_agrees_with_the_twin(rows):
    found = expected_errors(*ragged(rows)) / UNIT
    assert found.tolist() == pytest.approx(naive(rows), abs=30 * 0.5 / UNIT)


def test_twenty_bases_of_q10_are_exactly_two_errors():
    """In floating point they are 2.0000000000000004, and a read at the limit would be refused."""
    assert expected_errors(*ragged([[10] * 20])).tolist() == [2 * UNIT]


@given(reads, st.data())
@settings(deadline=None)
def test_select(rows, data):
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    values, offsets = select(*ragged(rows), np.array(keep, dtype=bool))
    assert [values[a:b].tolist() for a, b in pairwise(offsets)] == naive_select(rows, keep)
