"""FASTQ and FASTA give the same reads from every container, in blocks of any size."""

import gzip
import io
import struct
import sys
import threading
import zlib

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.sequences import Ragged

FASTQ = b"@r1 first\nACGT\n+\nII#~\n@r2\nacgtnRU\n+r2\n!!!!!!!\n@r3\nGG\n+\n@@\n"
READS = [("r1", "ACGT", [40, 40, 2, 93]), ("r2", "ACGTNNT", [0] * 7), ("r3", "GG", [31, 31])]


def listed(batches):
    """Name, sequence and Phred scores of each read; checks the first record number of each batch."""
    found = []
    for batch in batches:
        assert batch.first_record == len(found) + 1
        scores = batch.qualities if batch.qualities is None else Ragged(batch.qualities, batch.sequences.offsets)
        for index, sequence in enumerate(batch.sequences.to_strings()):
            found.append((batch.name(index), sequence, None if scores is None else scores[index].tolist()))
    return found


def bgzip(text, block):
    """BGZF as its specification says: members that tell their size, and an empty one at the end."""
    members = []
    for start in [*range(0, len(text), block), len(text)]:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        piece = text[start : start + block]
        data = packer.compress(piece) + packer.flush()
        header = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(data) + 25)
        members.append(header + data + struct.pack("<II", zlib.crc32(piece), len(piece)))
    return b"".join(members)


CONTAINERS = {
    "plain": lambda text: text,
    "no line feed at the end": lambda text: text.removesuffix(b"\n"),
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "blank lines at the end": lambda text: text + b"\n\r\n \n",
    "gzip": gzip.compress,
    "several gzip members": lambda text: gzip.compress(text[:30]) + gzip.compress(b"") + gzip.compress(text[30:]),
    "bgzip": lambda text: bgzip(text, 20),
    "zstd": zstandard.compress,
    "several zstd frames": lambda text: (
        zstandard.compress(text[:30]) + zstandard.compress(b"") + zstandard.compress(text[30:])
    ),
    "gzip padded with zeros": lambda text: gzip.compress(text) + bytes(512),
}


@pytest.mark.parametrize("block_bytes", [1, 2, 5, 17, 40, 1000])
@pytest.mark.parametrize("container", CONTAINERS)
def test_same_reads_from_every_container_and_block_size(tmp_path, container, block_bytes):
    path = tmp_path / "reads.txt"
    path.write_bytes(CONTAINERS[container](FASTQ))
    assert listed(read_fastx(path, block_bytes=block_bytes)) == READS


@pytest.mark.parametrize("block_bytes", [1, 3, 12, 1000])
@pytest.mark.parametrize("container", CONTAINERS)
def test_fasta_has_lines_and_no_qualities(tmp_path, container, block_bytes):
    path = tmp_path / "reads.fastq"
    path.write_bytes(CONTAINERS[container](b">a one\nACGT\nac\n>b\n\nN\n>c\n" + b"ACGT\n" * 50))
    expected = [("a", "ACGTAC", None), ("b", "N", None), ("c", "ACGT" * 50, None)]
    assert listed(read_fastx(path, block_bytes=block_bytes)) == expected


lengths = st.lists(st.sampled_from([0, 1, 30, 30, 31, 200]), min_size=1, max_size=12)


@given(lengths, st.integers(1, 600))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_block_size_makes_no_difference(tmp_path, lengths, block_bytes):
    path = tmp_path / "reads.fastq"
    sequences = [("ACGTTGCAN"[i % 9 :] + "ACGTGGTCA" * 30)[:length] for i, length in enumerate(lengths)]
    path.write_text("".join(f"@{i}\n{text}\n+\n{'F' * len(text)}\n" for i, text in enumerate(sequences)))
    expected = [(str(i), text, [37] * len(text)) for i, text in enumerate(sequences)]
    assert listed(read_fastx(path, block_bytes=block_bytes)) == expected


def test_batches_are_bounded(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_bytes(b"@r\nACGTACGTAC\n+\nIIIIIIIIII\n" * 1000)
    batches = list(read_fastx(path, block_bytes=270))
    assert len(batches) == 100
    assert {len(batch) for batch in batches} == {10}


def test_standard_input(monkeypatch):
    stream = io.BytesIO(gzip.compress(FASTQ))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert listed(read_fastx("-")) == READS
    assert not stream.closed


def test_select_returns_the_batch_or_some_reads(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_bytes(FASTQ)
    (batch,) = read_fastx(path)
    assert batch.select(batch.sequences.lengths > 0) is batch
    selected = batch.select(batch.sequences.lengths != 7)
    assert listed([selected]) == [READS[0], READS[2]]


def test_an_abandoned_file_is_closed(tmp_path):
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(gzip.compress(FASTQ * 200_000, 1))
    before = threading.active_count()
    batches = read_fastx(path, block_bytes=100)
    next(batches)
    assert threading.active_count() == before + 1
    batches.close()
    assert threading.active_count() == before


@pytest.mark.external
@pytest.mark.parametrize("name", ["igh_merged.fastq.gz", "rtcr_trb.fq.gz", "ig_pairs_1.fastq.gz"])
def test_real_reads_against_biopython(shared, name):
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    path = shared / "real_reads" / name
    with gzip.open(path, "rt") as handle:
        expected = [
            (title.split()[0], text.upper(), [ord(letter) - 33 for letter in quality])
            for title, text, quality in FastqGeneralIterator(handle)
        ]
    assert listed(read_fastx(path, block_bytes=50_000)) == expected
