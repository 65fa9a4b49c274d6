import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels import fastx
from clonotrack.raw_reads.kernels.fastx import Records
from tests.raw_reads.twins.fastq import CODES
from tests.raw_reads.twins.fastq import index as naive


def parse(text, final=True, room=100):
    """What the kernel makes of `text`: records as (name, codes, scores), bytes taken, fault."""
    if final and not text.endswith(b"\n"):
        text += b"\n"
    records = Records.room(room)
    count, taken, fault = fastx.index(np.frombuffer(text, dtype=np.uint8), 0, len(text), final, records)
    names, starts, ends, qualities, bounds = (places[:count].tolist() for places in records)
    found = []
    for name, start, end, quality, bound in zip(names, starts, ends, qualities, bounds, strict=True):
        letters = text[start:end].decode().upper()
        scores = [letter - 33 for letter in text[quality : quality + end - start]]
        assert bound == sum((1000, 100, 10, 1)[min(score // 10, 3)] for score in scores)
        found.append((re.split("[\0- ]", text[name:].decode("latin-1"))[0], [CODES.get(x, 4) for x in letters], scores))
    return found, taken, fault


line_ends = st.sampled_from([b"\n", b"\r\n"])


@st.composite
def record(draw):
    """One good record, of a few lengths so that guesses of the length come true and fail."""
    length = draw(st.sampled_from([0, 1, 4, 4, 4, 40, 70]))
    bases = draw(st.sampled_from([b"ACGT", b"ACGTacgtUu", b"ACGTN", b"RYSWKMBDHVNn"]))
    sequence = bytes(draw(st.lists(st.sampled_from(bases), min_size=length, max_size=length)))
    quality = bytes(draw(st.lists(st.integers(33, 126), min_size=length, max_size=length)))
    name = draw(st.from_regex(rb"[!-~]{1,9}( [ -~]{0,5})?", fullmatch=True))
    end = draw(line_ends)
    return end.join([b"@" + name, sequence, b"+" + draw(st.sampled_from([b"", name])), quality, b""])


@st.composite
def damaged(draw):
    """Good records with something put in, taken out or written over."""
    text = b"".join(draw(st.lists(record(), min_size=1, max_size=4)))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        piece = draw(
            st.sampled_from([b"", b"\n", b"\r", b"@", b"+", b" ", b"\xe4", b"-", b"A", b"\n\n", b"@x\nAC\n+\nII"])
        )
        text = text[:start] + piece + text[end:]
    return text


@given(st.lists(record(), min_size=1, max_size=5).map(b"".join))
@settings(deadline=None)
def test_good_records_are_all_read(text):
    records, taken, fault = parse(text)
    assert (records, fastx.OK) == naive(text)
    assert (taken, fault) == (len(text), fastx.OK)


@given(damaged().filter(bool))
@settings(deadline=None, max_examples=500)
def test_agrees_with_the_twin_on_damaged_text(text):
    records, _, fault = parse(text)
    assert (records, fault) == naive(text)


@given(damaged().filter(bool), st.data())
@settings(deadline=None, max_examples=300)
def test_a_cut_text_gives_the_same_in_two_steps(text, data):
    """What is read from a piece, then from its rest and the next piece, is what is read at once."""
    whole, _, fault = parse(text)
    cut = data.draw(st.integers(0, len(text)))
    head, taken, head_fault = parse(text[:cut], final=False) if cut else ([], 0, fastx.OK)
    if head_fault:
        assert (head, head_fault) == (whole, fault)
    elif text[taken:]:
        tail, _, tail_fault = parse(text[taken:])
        assert (head + tail, tail_fault) == (whole, fault)
    else:
        assert (head, fastx.OK) == (whole, fault)


@given(st.lists(record(), min_size=1, max_size=5).map(b"".join), st.integers(1, 3))
@settings(deadline=None)
def test_what_there_is_no_room_for_is_left(text, room):
    whole, _, _ = parse(text)
    found = []
    while text:
        records, taken, fault = parse(text, room=room)
        assert fault == fastx.OK
        assert len(records) == min(room, len(whole) - len(found))
        found += records
        text = text[taken:]
    assert found == whole
