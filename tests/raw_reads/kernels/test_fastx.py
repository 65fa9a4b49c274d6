"""Records of FASTQ and FASTA in text, and names of mates."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.kernels import fastx
from clonotrack.raw_reads.kernels.fastx import FastqRecords
from tests.raw_reads.twins import fastx as naive
from tests.raw_reads.twins.fastx import CODES


def fastq(text, final=True, capacity=100):
    """What the kernel makes of `text`: records as (name, codes, scores), bytes taken, fault."""
    if final and not text.endswith(b"\n"):
        text += b"\n"
    records = FastqRecords.with_capacity(capacity)
    count, taken, fault = fastx.parse_fastq(np.frombuffer(text, dtype=np.uint8), 0, len(text), final, records)
    names, starts, ends, qualities, bounds = (positions[:count].tolist() for positions in records)
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
def test_all_good_fastq_records_are_parsed(text):
    records, taken, fault = fastq(text)
    assert (records, fastx.OK) == naive.parse_fastq(text)
    assert (taken, fault) == (len(text), fastx.OK)


@given(damaged().filter(bool))
@settings(deadline=None, max_examples=500)
def test_damaged_fastq_agrees_with_the_twin(text):
    records, _, fault = fastq(text)
    assert (records, fault) == naive.parse_fastq(text)


@given(damaged().filter(bool), st.data())
@settings(deadline=None, max_examples=300)
def test_fastq_in_two_pieces_gives_the_same_records(text, data):
    """What is read from a piece, then from its rest and the next piece, is what is read at once."""
    whole, _, fault = fastq(text)
    cut = data.draw(st.integers(0, len(text)))
    head, taken, head_fault = fastq(text[:cut], final=False) if cut else ([], 0, fastx.OK)
    if head_fault:
        assert (head, head_fault) == (whole, fault)
    elif text[taken:]:
        tail, _, tail_fault = fastq(text[taken:])
        assert (head + tail, tail_fault) == (whole, fault)
    else:
        assert (head, fastx.OK) == (whole, fault)


@given(st.lists(record(), min_size=1, max_size=5).map(b"".join), st.integers(1, 3))
@settings(deadline=None)
def test_fastq_beyond_the_capacity_is_left(text, capacity):
    whole, _, _ = fastq(text)
    found = []
    while text:
        records, taken, fault = fastq(text, capacity=capacity)
        assert fault == fastx.OK
        assert len(records) == min(capacity, len(whole) - len(found))
        found += records
        text = text[taken:]
    assert found == whole


def fasta(text, final=True):
    if final and not text.endswith(b"\n"):
        text += b"\n"
    buffer = np.frombuffer(text, dtype=np.uint8)
    size = len(buffer)
    letters = np.zeros(size, dtype=np.uint8)
    names, starts, ends = (np.zeros(size // 3 + 2, dtype=np.int64) for _ in range(3))
    count, taken, fault = fastx.parse_fasta(buffer, size, final, letters, names, starts, ends)
    text = letters.tobytes().decode("latin-1")
    records = [
        (re.split("[\0- ]", text[name:])[0], [CODES.get(letter, 4) for letter in text[start:end].upper()])
        for name, start, end in zip(*(positions[:count].tolist() for positions in (names, starts, ends)), strict=True)
    ]
    return records, taken, fault


line = st.text("ACGTacgtNRyU", max_size=12).map(str.encode)


@st.composite
def fasta_texts(draw):
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


@given(fasta_texts())
@settings(deadline=None, max_examples=500)
def test_fasta_agrees_with_the_twin(text):
    records, _, fault = fasta(text)
    assert (records, fault) == naive.parse_fasta(text)


@given(fasta_texts(), st.data())
@settings(deadline=None, max_examples=300)
def test_fasta_in_two_pieces_gives_the_same_records(text, data):
    whole, _, fault = fasta(text)
    cut = data.draw(st.integers(1, len(text)))
    head, taken, head_fault = fasta(text[:cut], final=False)
    if head_fault:
        assert (head, head_fault) == (whole, fault)
    else:
        tail, _, tail_fault = fasta(text[taken:])
        assert (head + tail, tail_fault) == (whole, fault)


def test_lines_of_a_fasta_record_are_joined():
    assert fasta(b">a first\nAC\n\nGT\r\n>b\n") == ([("a", [0, 1, 2, 3]), ("b", [])], 20, fastx.OK)


stem = st.text("a1/2", max_size=3)
pair = st.one_of(stem.map(lambda n: (n, n)), stem.map(lambda n: (f"{n}/1", f"{n}/2")), st.tuples(stem, stem))


def positions(names):
    text = " ".join([*names, ""]).encode()
    return np.frombuffer(text, dtype=np.uint8), np.cumsum([0, *(len(name) + 1 for name in names)])[:-1]


@given(st.lists(pair, max_size=5))
@settings(deadline=None)
def test_names_agree_with_the_twin(pairs):
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    assert fastx.first_name_mismatch(*positions(first), *positions(second)) == naive.first_name_mismatch(first, second)
