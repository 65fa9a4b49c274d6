from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels.text import map_bytes, reverse_rows, translate_rows, write_cigars
from clonotrack.sequences import I64, U8, Ragged
from clonotrack.text_columns import column_bytes, text_column
from tests.kernels.twins import text as naive

BASES = st.integers(0, 12) | st.integers(0, 100_000)
OPERATIONS = st.lists(st.tuples(st.sampled_from("MID"), st.integers(1, 300)), min_size=2, max_size=5)
ROW = st.tuples(BASES, BASES, BASES, BASES, st.just([]) | OPERATIONS)


def texts(ascii_bytes: U8, offsets: I64) -> list[str]:
    return [text or "" for text in text_column(ascii_bytes, offsets)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4)))
def test_codes_are_mapped_to_bases(codes: list[int]) -> None:
    alphabet = b"ACGTN"
    found = map_bytes(np.array(codes, dtype=np.uint8), np.frombuffer(alphabet, dtype=np.uint8))
    assert found.tobytes() == naive.map_bytes(codes, alphabet)


@settings(deadline=None)
@given(st.lists(st.text("ABC", max_size=6)))
def test_rows_are_reversed(chosen: list[str]) -> None:
    ascii_bytes, offsets = column_bytes(pl.Series(chosen, dtype=pl.String))
    assert texts(reverse_rows(ascii_bytes, offsets), offsets) == naive.reverse_rows(chosen)


@settings(deadline=None)
@given(st.lists(st.none() | ROW, max_size=5))
def test_cigars_are_those_of_the_naive_twin(
    drawn: list[tuple[int, int, int, int, list[tuple[str, int]]] | None],
) -> None:
    rows = [
        None if row is None else (row[0], row[0] + row[1], row[2], row[0] + row[1] + row[3], row[4]) for row in drawn
    ]
    numbers = np.array([row[:4] if row else (0, 0, 0, 0) for row in rows], dtype=np.int64).reshape(-1, 4)
    counts = [len(row[4]) if row else 0 for row in rows]
    bounds: I64 = np.cumsum([0, *counts], dtype=np.int64)
    operations = [("MID".index(letter), bases) for row in rows if row for letter, bases in row[4]]
    found = write_cigars(
        *numbers.T[[0, 1, 2, 3]].copy(),
        np.array([row is None for row in rows], dtype=np.bool_),
        np.array(operations, dtype=np.int32).reshape(-1, 2),
        bounds[:-1],
        bounds[1:],
    )
    assert texts(*found) == naive.write_cigars(rows)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ACGTN", max_size=14), st.integers(0, 14)), max_size=5))
def test_amino_acids_are_those_of_the_naive_twin(drawn: list[tuple[str, int]]) -> None:
    ragged = Ragged.from_strings(sequence for sequence, _ in drawn)
    stretches = [sequence[start:] for sequence, start in drawn]
    starts = np.array([start for _, start in drawn], dtype=np.int64) + ragged.offsets[:-1]
    lengths = np.array([len(stretch) for stretch in stretches], dtype=np.int64)
    assert texts(*translate_rows(ragged.codes, starts, lengths)) == naive.translate_rows(stretches)


@settings(deadline=None)
@given(st.lists(st.text('ACG!~"#,.', max_size=6)))
def test_an_empty_text_is_null_in_a_column(chosen: list[str]) -> None:
    ascii_bytes = np.frombuffer("".join(chosen).encode(), dtype=np.uint8)
    offsets: I64 = np.cumsum([0, *map(len, chosen)], dtype=np.int64)
    assert text_column(ascii_bytes, offsets).to_list() == [text or None for text in chosen]


def test_bytes_become_a_column_and_bytes_again() -> None:
    ascii_bytes, offsets = column_bytes(text_column(np.frombuffer(b"ACGT", dtype=np.uint8), np.array([0, 3, 4])))
    assert (ascii_bytes.tobytes(), offsets.tolist()) == (b"ACGT", [0, 3, 4])
