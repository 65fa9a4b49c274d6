import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels import swar
from tests.kernels.twins import swar as naive
from tests.raw_reads.twins.fastx import IUPAC

lines = st.binary(max_size=40) | st.text(IUPAC + IUPAC.lower(), max_size=40).map(str.encode)


def array(text):
    return np.frombuffer(text, dtype=np.uint8)


@given(lines, lines, st.integers(0, 9))
@settings(deadline=None)
def test_line_ends_are_those_of_the_naive_twin(before, after, start):
    text = before + after
    for size in (len(text), len(before)):
        start = min(start, size)
        assert swar.line_end(array(text), start, size) == naive.line_end(text, start, size)


@given(lines, st.integers(0, 9), st.integers(0, 9))
@settings(deadline=None, max_examples=300)
def test_ascii_and_bases_are_those_of_the_naive_twin(text, start, less):
    start, end = min(start, len(text)), max(min(start, len(text)), len(text) - less)
    assert swar.is_ascii(array(text), start, end) == naive.is_ascii(text, start, end)
    assert swar.is_sequence(array(text), start, end) == naive.is_sequence(text, start, end)


@pytest.mark.parametrize("length", [1, 8, 11])
def test_every_byte_at_every_position_is_checked_as_a_base(length):
    """The arithmetic on eight bytes and the table agree with the IUPAC alphabet."""
    for byte in range(256):
        for position in range(length):
            text = bytearray(b"ACGTU" * 4)[:length]
            text[position] = byte
            assert swar.is_sequence(array(text), 0, length) == naive.is_sequence(text, 0, length)


rows = st.lists(st.text(IUPAC + IUPAC.lower(), max_size=20), max_size=5)


@given(rows, st.integers(0, 5))
@settings(deadline=None)
def test_rows_are_those_of_the_naive_twin(found, subtract):
    text = array(" ".join(["", *found, ""]).encode())
    lengths = [len(row) for row in found]
    offsets = np.cumsum([0, *lengths])
    starts = offsets[:-1] + 1 + np.arange(len(found))
    assert swar.word_ends(text, starts).tolist() == naive.word_ends(text.tobytes(), starts.tolist())
    codes = naive.encode_rows(found)
    assert swar.encode_rows(text, starts, offsets).tolist() == [code for row in codes for code in row]
    copies = naive.copy_rows([row.encode() for row in found], subtract)
    assert swar.copy_rows(text, starts, offsets, subtract).tolist() == [byte for row in copies for byte in row]
