import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels import fastx
from tests.raw_reads.twins.fasta import unfold as naive
from tests.raw_reads.twins.fastq import CODES


def parse(text, final=True):
    if final and not text.endswith(b"\n"):
        text += b"\n"
    buffer = np.frombuffer(text, dtype=np.uint8)
    size = len(buffer)
    letters = np.zeros(size, dtype=np.uint8)
    names, starts, ends = (np.zeros(size // 3 + 2, dtype=np.int64) for _ in range(3))
    count, taken, fault = fastx.unfold(buffer, size, final, letters, names, starts, ends)
    text = letters.tobytes().decode("latin-1")
    records = [
        (re.split("[\0- ]", text[name:])[0], [CODES.get(letter, 4) for letter in text[start:end].upper()])
        for name, start, end in zip(*(places[:count].tolist() for places in (names, starts, ends)), strict=True)
    ]
    return records, taken, fault


line = st.text("ACGTacgtNRyU", max_size=12).map(str.encode)


@st.composite
def texts(draw):
    """Records of any number of lines, sometimes with a byte that does not belong."""
    text = b""
    for _ in range(draw(st.integers(1, 4))):
        end = draw(st.sampled_from([b"\n", b"\r\n"]))
        header = b">" + draw(st.from_regex(rb"[!-~]{1,6}( [ -~]{0,4})?", fullmatch=True))
        text += end.join([header, *draw(st.lists(line, max_size=4)), b""])
    if draw(st.booleans()):
        place = draw(st.integers(1, len(text)))
        text = (
            text[:place] + draw(st.sampled_from([b"\n", b"\r", b">", b" ", b" ", b"\xe4", b"-", b"*"])) + text[place:]
        )
    return text + draw(st.sampled_from([b"", b"\n\n", b" \r\n", b"\r\r\n\t"]))


@given(texts())
@settings(deadline=None, max_examples=500)
def test_agrees_with_the_twin(text):
    records, _, fault = parse(text)
    assert (records, fault) == naive(text)


@given(texts(), st.data())
@settings(deadline=None, max_examples=300)
def test_a_cut_text_gives_the_same_in_two_steps(text, data):
    whole, _, fault = parse(text)
    cut = data.draw(st.integers(1, len(text)))
    head, taken, head_fault = parse(text[:cut], final=False)
    if head_fault:
        assert (head, head_fault) == (whole, fault)
    else:
        tail, _, tail_fault = parse(text[taken:])
        assert (head + tail, tail_fault) == (whole, fault)


def test_lines_of_a_record_are_joined():
    assert parse(b">a first\nAC\n\nGT\r\n>b\n") == ([("a", [0, 1, 2, 3]), ("b", [])], 20, fastx.OK)
