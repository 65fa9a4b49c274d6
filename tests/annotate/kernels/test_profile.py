from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.annotate.index import profile_of
from clonotrack.annotate.kernels.profile import MAX_BYTE_ROWS, count_profile
from clonotrack.sequences import I64, Ragged, encode
from tests.annotate.twins import profile as naive

ALLELE = st.text("ACGTN", min_size=1, max_size=12).flatmap(
    lambda text: st.tuples(st.just(text), st.integers(0, len(text)))
)
GROUPS = st.lists(st.lists(ALLELE, min_size=1, max_size=40), min_size=1, max_size=3)


def counted(
    read: str, first: int, last: int, groups: list[list[tuple[str, int]]], group: int, position: int
) -> list[int]:
    ragged = Ragged.from_strings(text for members in groups for text, _ in members)
    origin = np.array([origin for members in groups for _, origin in members], dtype=np.int64)
    offsets: I64 = np.cumsum([0, *map(len, groups)], dtype=np.int64)
    table, profile = profile_of(ragged, origin, offsets)
    widest = int(table["width"].max())
    matches = np.full(widest, 9, dtype=np.int64)
    count_profile(encode(read), first, last, table[group], profile, position, np.ones(widest, dtype=np.uint8), matches)
    return [int(number) for number in matches[: len(groups[group])]]


@settings(deadline=None)
@given(st.text("ACGTN", max_size=20), GROUPS, st.data())
def test_matches_are_those_of_the_naive_twin(
    read: str, groups: list[list[tuple[str, int]]], data: st.DataObject
) -> None:
    group = data.draw(st.integers(0, len(groups) - 1))
    position = data.draw(st.integers(-5, len(read) + 5))
    first = data.draw(st.integers(0, len(read)))
    last = data.draw(st.integers(first, len(read)))
    found = counted(read, first, last, groups, group, position)
    assert found == naive.count_profile(read, first, last, groups[group], position)


def test_more_matches_than_a_byte_holds() -> None:
    read = "ACGT" * MAX_BYTE_ROWS
    assert counted(read, 0, len(read), [[(read, 0)]], 0, 0) == [len(read)]
