"""Every fault of a FASTQ or FASTA file has its message."""

import gzip
import io
import sys

import pytest
import zstandard

from clonotrack.errors import InputError
from clonotrack.raw_reads import fastx
from clonotrack.raw_reads.fastx import read_fastx


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
    "non-ASCII name": (of_three("@ü\nACGT\n+\nIIII\n".encode()), "its name contains the byte 0xc3"),
    "non-ASCII sequence": (of_three(b"@c\nAC\xe4T\n+\nIIII\n"), "its sequence contains the byte 0xe4"),
    "non-ASCII quality": (of_three(b"@c\nACGT\n+\nII\xe4I\n"), "its quality line contains the byte 0xe4"),
    "no base": (of_three(b"@c\nAC*T\n+\nIIII\n"), "its sequence contains '*', which is not an IUPAC base"),
    "gap": (of_three(b"@c\nAC-T\n+\nIIII\n"), "its sequence contains '-'"),
    "space in the sequence": (of_three(b"@c\nAC T\n+\nIIII\n"), "its sequence contains ' '"),
    "space in the quality": (of_three(b"@c\nACGT\n+\nII I\n"), "its quality line contains ' '"),
    "delete in the quality": (of_three(b"@c\nACGT\n+\nII\x7fI\n"), "its quality line contains the byte 0x7f"),
    "cut after the name": (of_three(b"@c"), "the file ends inside this record"),
    "cut after the sequence": (of_three(b"@c\nACGT\n"), "the file ends inside this record"),
    "cut after the plus": (of_three(b"@c\nACGT\n+\n"), "the file ends inside this record"),
    "cut in the quality": (of_three(b"@c\nACGT\n+\nII"), "has 4 bases but 2 qualities"),
    "FASTA with a gap": (b">a\nACGT\n>b\nA\n>c\nACGT\nAC.GT\n", "its sequence contains '.'"),
    "FASTA without a name": (b">a\nACGT\n>b\nA\n>\nACGT\n", "has no name"),
    "FASTA with non-ASCII": (b">a\nACGT\n>b\nA\n>c\xff\nACGT\n", "its name contains the byte 0xff"),
}


@pytest.mark.parametrize("block_bytes", [1, 30, 1000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("fault", RECORD_FAULTS)
def test_a_malformed_record_is_reported(tmp_path, fault, pack, block_bytes):
    text, sentence = RECORD_FAULTS[fault]
    path = tmp_path / "bad.fastq"
    path.write_bytes(pack(text))
    with pytest.raises(InputError) as caught:
        list(read_fastx(path, block_bytes=block_bytes))
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
        list(read_fastx(path))
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


@pytest.mark.parametrize("block_bytes", [9, 1000, 1_000_000])
@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_wrong_file_is_reported(tmp_path, fault, block_bytes):
    data, sentence = FILE_FAULTS[fault]
    path = tmp_path / "bad.fastq.gz"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        list(read_fastx(path, block_bytes=block_bytes))
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"no\.fastq: cannot be read \(no such file or directory\)"):
        list(read_fastx(tmp_path / "no.fastq"))


def test_a_folder_is_reported(tmp_path):
    with pytest.raises(InputError, match="is a folder, not a file of reads"):
        list(read_fastx(tmp_path))


def test_fasta_is_refused_if_qualities_are_needed(tmp_path):
    path = tmp_path / "reads.fasta"
    path.write_bytes(b">a\nACGT\n")
    with pytest.raises(InputError, match="is FASTA, and base qualities are needed"):
        list(read_fastx(path, qualities_needed=True))


def test_an_endless_record_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fastx, "MAX_RECORD_BYTES", 5000)
    path = tmp_path / "reads.fastq"
    path.write_bytes(b"@a\nACGT\n+\nIIII\n@b\n" + b"A" * 20_000)
    with pytest.raises(InputError, match="record 2: is longer than"):
        list(read_fastx(path, block_bytes=100))


def test_faults_of_standard_input_are_reported(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(InputError, match="standard input: is empty"):
        list(read_fastx("-"))
