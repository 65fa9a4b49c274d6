"""Operations on arrays agree with their naive twins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.arrays import mismatches, reverse_complement_rows, scatter_rows, select_rows, stable_order
from clonotrack.sequences import Ragged, encode
from tests.kernels.twins import arrays as naive

DNA = st.text("ACGTN", max_size=12)
READ = st.text("ACGTN", max_size=9).flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, 93), min_size=len(text), max_size=len(text)))
)


@given(st.lists(st.lists(st.integers(0, 93), max_size=30), max_size=8), st.data())
@settings(deadline=None)
def test_kept_rows_are_those_of_the_naive_twin(rows, data):
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    values = np.array([value for row in rows for value in row], dtype=np.uint8)
    selected, offsets = select_rows(values, np.cumsum([0, *map(len, rows)]), np.array(keep, dtype=bool))
    assert [selected[a:b].tolist() for a, b in pairwise(offsets)] == naive.select_rows(rows, keep)


@given(st.lists(st.text("ACGT", max_size=4), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_rows_are_copied_to_their_positions(rows, data):
    chosen = data.draw(st.permutations(range(len(rows))).map(lambda order: order[: len(order) // 2 + 1]))
    positions = np.cumsum([1, *(len(rows[row]) + 1 for row in chosen)])
    values = np.frombuffer("".join(rows).encode(), dtype=np.uint8)
    output = np.full(positions[-1], ord("."), dtype=np.uint8)
    scatter_rows(values, np.cumsum([0, *map(len, rows)]), np.array(chosen, dtype=np.int64), positions[:-1], output)
    assert output.tobytes().decode() == naive.scatter_rows(rows, chosen, positions[:-1].tolist(), int(positions[-1]))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(st.integers(0, 5), st.integers(0, 2**50)), max_size=40))
def test_the_order_is_that_of_the_naive_twin(keys: list[int]) -> None:
    assert stable_order(np.array(keys, dtype=np.int64)).tolist() == naive.stable_order(keys)


@given(st.lists(st.tuples(READ, st.booleans()), max_size=6))
@settings(deadline=None)
def test_reverse_complements_are_those_of_the_naive_twin(rows):
    ragged = Ragged.from_strings([text for (text, _), _ in rows])
    scores = np.array([score for (_, row), _ in rows for score in row], dtype=np.uint8)
    reverse = [is_reverse for _, is_reverse in rows]
    codes, qualities = reverse_complement_rows(ragged.codes, scores, ragged.offsets, np.array(reverse, dtype=np.bool_))
    expected = naive.reverse_complement_rows([read for read, _ in rows], reverse)
    assert Ragged(codes, ragged.offsets).to_strings() == [text for text, _ in expected]
    assert [qualities[a:b].tolist() for a, b in pairwise(ragged.offsets)] == [row for _, row in expected]


@settings(deadline=None)
@given(DNA, DNA, DNA, DNA, st.data(), st.integers(-1, 4))
def test_mismatches_are_counted_up_to_the_limit(
    left: str, right: str, left_prefix: str, right_prefix: str, data: st.DataObject, limit: int
) -> None:
    length = data.draw(st.integers(0, min(len(left), len(right))))
    left, right = left[:length], right[:length]
    found = mismatches(
        encode(left_prefix + left), len(left_prefix), encode(right_prefix + right), len(right_prefix), length, limit
    )
    assert found == min(naive.mismatches(left, right), limit + 1)
