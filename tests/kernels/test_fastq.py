import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.kernels import fastq
from tests.reference.fastq import parse as naive


def parse(text, final=True):
    """What the kernel makes of `text`: records as (name, codes, scores), bytes taken, fault."""
    if final and not text.endswith(b"\n"):
        text += b"\n"
    buffer = np.frombuffer(text, dtype=np.uint8)
    size = len(buffer)
    codes, scores, names = (np.zeros(size, dtype=np.uint8) for _ in range(3))
    offsets, name_offsets = (np.zeros(size // 7 + 2, dtype=np.int64) for _ in range(2))
    count, taken, fault = fastq.parse(buffer, size, final, codes, scores, offsets, names, name_offsets)
    records = [
        (
            names[name_offsets[i] : name_offsets[i + 1]].tobytes().decode(),
            codes[offsets[i] : offsets[i + 1]].tolist(),
            scores[offsets[i] : offsets[i + 1]].tolist(),
        )
        for i in range(count)
    ]
    return records, taken, fault


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
    assert (records, fastq.OK) == naive(text)
    assert (taken, fault) == (len(text), fastq.OK)


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
    head, taken, head_fault = parse(text[:cut], final=False) if cut else ([], 0, fastq.OK)
    if head_fault:
        assert (head, head_fault) == (whole, fault)
    elif text[taken:]:
        tail, _, tail_fault = parse(text[taken:])
        assert (head + tail, tail_fault) == (whole, fault)
    else:
        assert (head, fastq.OK) == (whole, fault)


def test_every_byte_as_a_base():
    """The arithmetic of `encode_plain` and the table of `encode_any` against the alphabet."""
    for byte in range(256):
        letter = chr(byte).upper() if byte < 128 else "!"
        text, codes = np.full(9, byte, dtype=np.uint8), np.zeros(9, dtype=np.uint8)
        code = "ACGT".find(letter.replace("U", "T")) % 5
        assert bool(fastq.encode_any(text, codes)) == (letter in "ACGTUNRYSWKMBDHV")
        assert set(codes.tolist()) == {code} or letter not in "ACGTUNRYSWKMBDHV"
        assert bool(fastq.encode_plain(text, codes)) == (letter in "ACGTU")
        assert set(codes.tolist()) == {code} or letter not in "ACGTU"


def test_every_byte_as_a_quality():
    for byte in range(256):
        scores = np.zeros(3, dtype=np.uint8)
        good = fastq.encode_qualities(np.array([73, byte, 73], dtype=np.uint8), scores)
        assert bool(good) == (33 <= byte <= 126)
        assert not good or scores.tolist() == [40, byte - 33, 40]
