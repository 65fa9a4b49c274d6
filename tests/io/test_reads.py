"""Files of reads: the same reads from every container, and a sentence for every fault."""

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

from clonotrack.errors import InputError
from clonotrack.io import reads
from clonotrack.io.reads import read_chunks
from clonotrack.sequence import Ragged

FASTQ = b"@r1 first\nACGT\n+\nII#~\n@r2\nacgtnRU\n+r2\n!!!!!!!\n@r3\nGG\n+\n@@\n"
READS = [("r1", "ACGT", [40, 40, 2, 93]), ("r2", "ACGTNNT", [0] * 7), ("r3", "GG", [31, 31])]


def listed(chunks):
    """Name, sequence and Phred scores of each read; first record of each chunk checked on the way."""
    found = []
    for chunk in chunks:
        assert chunk.first_record == len(found) + 1
        scores = chunk.qualities if chunk.qualities is None else Ragged(chunk.qualities, chunk.sequences.offsets)
        for index, sequence in enumerate(chunk.sequences.to_strings()):
            found.append((chunk.name(index), sequence, None if scores is None else scores[index].tolist()))
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


@pytest.mark.parametrize("chunk_bytes", [1, 2, 5, 17, 40, 1000])
@pytest.mark.parametrize("container", CONTAINERS)
def test_same_reads_from_every_container_and_chunk_size(tmp_path, container, chunk_bytes):
    path = tmp_path / "reads.txt"
    path.write_bytes(CONTAINERS[container](FASTQ))
    assert listed(read_chunks(path, chunk_bytes=chunk_bytes)) == READS


@pytest.mark.parametrize("chunk_bytes", [1, 3, 12, 1000])
@pytest.mark.parametrize("container", CONTAINERS)
def test_fasta_has_lines_and_no_qualities(tmp_path, container, chunk_bytes):
    path = tmp_path / "reads.fastq"
    path.write_bytes(CONTAINERS[container](b">a one\nACGT\nac\n>b\n\nN\n>c\n" + b"ACGT\n" * 50))
    expected = [("a", "ACGTAC", None), ("b", "N", None), ("c", "ACGT" * 50, None)]
    assert listed(read_chunks(path, chunk_bytes=chunk_bytes)) == expected


lengths = st.lists(st.sampled_from([0, 1, 30, 30, 31, 200]), min_size=1, max_size=12)


@given(lengths, st.integers(1, 600))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_chunk_size_makes_no_difference(tmp_path, lengths, chunk_bytes):
    path = tmp_path / "reads.fastq"
    sequences = [("ACGTTGCAN"[i % 9 :] + "ACGTGGTCA" * 30)[:length] for i, length in enumerate(lengths)]
    path.write_text("".join(f"@{i}\n{text}\n+\n{'F' * len(text)}\n" for i, text in enumerate(sequences)))
    expected = [(str(i), text, [37] * len(text)) for i, text in enumerate(sequences)]
    assert listed(read_chunks(path, chunk_bytes=chunk_bytes)) == expected


def test_chunks_are_bounded(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_bytes(b"@r\nACGTACGTAC\n+\nIIIIIIIIII\n" * 1000)
    chunks = list(read_chunks(path, chunk_bytes=270))
    assert len(chunks) == 100
    assert {len(chunk) for chunk in chunks} == {10}


def test_standard_input(monkeypatch):
    stream = io.BytesIO(gzip.compress(FASTQ))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert listed(read_chunks("-")) == READS
    assert not stream.closed


def test_a_chunk_can_be_narrowed(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_bytes(FASTQ)
    (chunk,) = read_chunks(path)
    assert chunk.select(chunk.sequences.lengths > 0) is chunk
    narrowed = chunk.select(chunk.sequences.lengths != 7)
    assert listed([narrowed]) == [READS[0], READS[2]]


def test_an_abandoned_file_is_closed(tmp_path):
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(gzip.compress(FASTQ * 200_000, 1))
    before = threading.active_count()
    chunks = read_chunks(path, chunk_bytes=100)
    next(chunks)
    assert threading.active_count() == before + 1
    chunks.close()
    assert threading.active_count() == before


def of_three(third):
    """A file whose third record is `third`."""
    return b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIIII\n" + third


RECORD_FAULTS = {
    "missing name line": (of_three(b"ACGT\n+\nIIII\n@d\nACGT\n+\nIIII\n"), "begins with 'A' where '@' belongs"),
    "missing sequence line": (of_three(b"@c\n+\nIIII\n@d\nACGT\n+\nIIII\n"), "its sequence line is missing"),
    "missing plus line": (of_three(b"@c\nACGT\nIIII\n@d\nACGT\n+\nIIII\n"), "third line begins with 'I' where '+'"),
    "missing quality line": (of_three(b"@c\nACGT\n+\n@d2\nACGT\n+\nIIII\n"), "has 4 bases but 3 qualities"),
    "several sequence lines": (of_three(b"@c\nACGT\nACGT\n+\nIIII\nIIII\n"), "third line begins with 'A' where '+'"),
    "blank line between": (of_three(b"\n@c\nACGT\n+\nIIII\n"), "begins with an empty line where '@' belongs"),
    "qualities too few": (of_three(b"@c\nACGT\n+\nIII\n"), "has 4 bases but 3 qualities"),
    "qualities too many": (of_three(b"@c\nACGT\n+\nIIIII\n"), "has 4 bases but 5 qualities"),
    "qualities too few, CRLF": (of_three(b"@c\r\nACGT\r\n+\r\nIII\r\n"), "has 4 bases but 3 qualities"),
    "no name": (of_three(b"@\nACGT\n+\nIIII\n"), "has no name"),
    "no word for a name": (of_three(b"@ c\nACGT\n+\nIIII\n"), "has no name"),
    "non-ASCII name": (of_three("@ü\nACGT\n+\nIIII\n".encode()), "its name holds the byte 0xc3"),
    "non-ASCII sequence": (of_three(b"@c\nAC\xe4T\n+\nIIII\n"), "its sequence holds the byte 0xe4"),
    "non-ASCII quality": (of_three(b"@c\nACGT\n+\nII\xe4I\n"), "its quality line holds the byte 0xe4"),
    "no base": (of_three(b"@c\nAC*T\n+\nIIII\n"), "its sequence holds '*', which is no IUPAC base"),
    "gap": (of_three(b"@c\nAC-T\n+\nIIII\n"), "its sequence holds '-'"),
    "space in the sequence": (of_three(b"@c\nAC T\n+\nIIII\n"), "its sequence holds ' '"),
    "space in the quality": (of_three(b"@c\nACGT\n+\nII I\n"), "its quality line holds ' '"),
    "delete in the quality": (of_three(b"@c\nACGT\n+\nII\x7fI\n"), "its quality line holds the byte 0x7f"),
    "cut after the name": (of_three(b"@c"), "the file ends inside this record"),
    "cut after the sequence": (of_three(b"@c\nACGT\n"), "the file ends inside this record"),
    "cut after the plus": (of_three(b"@c\nACGT\n+\n"), "the file ends inside this record"),
    "cut in the quality": (of_three(b"@c\nACGT\n+\nII"), "has 4 bases but 2 qualities"),
    "FASTA with a gap": (b">a\nACGT\n>b\nA\n>c\nACGT\nAC.GT\n", "its sequence holds '.'"),
    "FASTA without a name": (b">a\nACGT\n>b\nA\n>\nACGT\n", "has no name"),
    "FASTA with non-ASCII": (b">a\nACGT\n>b\nA\n>c\xff\nACGT\n", "its name holds the byte 0xff"),
}


@pytest.mark.parametrize("chunk_bytes", [1, 30, 1000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("fault", RECORD_FAULTS)
def test_a_malformed_record_is_named(tmp_path, fault, pack, chunk_bytes):
    text, sentence = RECORD_FAULTS[fault]
    path = tmp_path / "bad.fastq"
    path.write_bytes(pack(text))
    with pytest.raises(InputError) as caught:
        list(read_chunks(path, chunk_bytes=chunk_bytes))
    assert caught.value.record == 3
    assert str(caught.value).startswith(f"{path}, record 3: ")
    assert sentence in str(caught.value)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("fault", [fault for fault in RECORD_FAULTS if "FASTA" not in fault and "cut" not in fault])
def test_the_record_number_is_exact_in_a_large_file(tmp_path, fault):
    good = b"".join(b"@r%d\nACGTACGT\n+\nIIIIIIII\n" % number for number in range(40_000))
    third = RECORD_FAULTS[fault][0].removeprefix(of_three(b""))
    path = tmp_path / "bad.fastq"
    path.write_bytes(good + third + good)
    with pytest.raises(InputError) as caught:
        list(read_chunks(path))
    assert caught.value.record == 40_001


TEXT = b"".join(b"@r%d\nACGTACGT\n+\nIIIIIIII\n" % (number**3 % 100_003) for number in range(2000))
ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
PACKED = gzip.compress(b"".join(b"@r%d\nACGTACGT\n+\nIIIIIIII\n" % number for number in range(2000)), mtime=0)
FLIPPED = PACKED[:4000] + bytes([PACKED[4000] ^ 0xFF]) + PACKED[4001:]
FILE_FAULTS = {
    "empty": (b"", "is empty"),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "gzip cut": (PACKED[:5000], "the gzip data stop in the middle"),
    "gzip cut in its header": (PACKED[:4], "the gzip data stop in the middle"),
    "gzip cut in its checksum": (PACKED[:-2], "the gzip data stop in the middle"),
    "gzip with a flipped byte": (FLIPPED, "the gzip data are damaged"),
    "gzip with a wrong checksum": (PACKED[:-8] + b"0000" + PACKED[-4:], "the gzip data are damaged"),
    "gzip with text behind it": (PACKED + b"text behind it", "the gzip data are damaged"),
    "only the magic byte": (b"\x1f", "the gzip data"),
    "gzip cut between members in a record": (gzip.compress(b"@a\nACGT\n+"), "the file ends inside this record"),
    "text": (b"sample\tcells\n", "begins with 's', so it is neither FASTQ ('@') nor FASTA ('>')"),
    "blank": (b"\n\n", "begins with an empty line, so it is neither"),
    "binary": (b"\x00\x01\x02", "begins with the byte 0x00"),
    "BAM": (gzip.compress(b"BAM\x01xxxx"), "is a BAM file: convert it with `samtools fastq`"),
    "SAM": (b"@HD\tVN:1.6\n", "is a SAM file"),
    "CRAM": (b"CRAM\x03\x00", "is a CRAM file"),
    "zstd of nothing": (zstandard.compress(b""), "is empty"),
    "zstd cut": (ZSTD[:-100], "the zstd data stop in the middle"),
    "zstd cut at its start": (ZSTD[:5], "the zstd data stop in the middle"),
    "zstd damaged": (ZSTD[:400] + bytes(99) + ZSTD[499:], "the zstd data are damaged"),
    "zstd with text behind it": (ZSTD + b"text behind it", "the zstd data are damaged"),
    "bzip2": (b"BZh91AY", "is compressed with bzip2"),
    "zip": (b"PK\x03\x04", "is a zip archive"),
}


@pytest.mark.parametrize("chunk_bytes", [9, 1000, 1_000_000])
@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_wrong_file_is_named(tmp_path, fault, chunk_bytes):
    data, sentence = FILE_FAULTS[fault]
    path = tmp_path / "bad.fastq.gz"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        list(read_chunks(path, chunk_bytes=chunk_bytes))
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.fastq: cannot be read \(no such file or directory\)"):
        list(read_chunks(tmp_path / "no.fastq"))


def test_folder(tmp_path):
    with pytest.raises(InputError, match="is a folder, not a file of reads"):
        list(read_chunks(tmp_path))


def test_fasta_where_qualities_are_needed(tmp_path):
    path = tmp_path / "reads.fasta"
    path.write_bytes(b">a\nACGT\n")
    with pytest.raises(InputError, match="is FASTA, and base qualities are needed"):
        list(read_chunks(path, qualities_needed=True))


def test_an_endless_record_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reads, "LONGEST_RECORD", 5000)
    path = tmp_path / "reads.fastq"
    path.write_bytes(b"@a\nACGT\n+\nIIII\n@b\n" + b"A" * 20_000)
    with pytest.raises(InputError, match="record 2: is longer than"):
        list(read_chunks(path, chunk_bytes=100))


def test_faults_of_standard_input_name_it(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(InputError, match="standard input: is empty"):
        list(read_chunks("-"))


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
    assert listed(read_chunks(path, chunk_bytes=50_000)) == expected
