from __future__ import annotations

import gzip

import numpy as np

from clonotrack.io.fastq_writer import write_fastq
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.sequences import Ragged

BATCH = (["a", "b"], Ragged.from_strings(["ACGTN", "GG"]), np.array([2, 12, 23, 37, 41, 0, 40], dtype=np.uint8))
TEXT = b"@a\nACGTN\n+\n#-8FJ\n@b\nGG\n+\n!I\n"


def test_plain_and_gzip(tmp_path):
    write_fastq(tmp_path / "x.fastq", [BATCH, BATCH])
    write_fastq(tmp_path / "x.fastq.gz", [BATCH, BATCH])
    assert (tmp_path / "x.fastq").read_bytes() == TEXT * 2
    assert gzip.decompress((tmp_path / "x.fastq.gz").read_bytes()) == TEXT * 2


def test_bytes_depend_on_the_reads_only(tmp_path):
    for name in ("x.fastq.gz", "y.fastq.gz"):
        write_fastq(tmp_path / name, [BATCH])
    assert (tmp_path / "x.fastq.gz").read_bytes() == (tmp_path / "y.fastq.gz").read_bytes()


def test_what_is_written_is_read(tmp_path):
    write_fastq(tmp_path / "x.fastq.gz", [BATCH])
    (chunk,) = read_fastx(tmp_path / "x.fastq.gz")
    assert chunk.sequences.to_strings() == ["ACGTN", "GG"]
    assert chunk.qualities.tolist() == BATCH[2].tolist()
    assert [chunk.name(i) for i in range(2)] == ["a", "b"]
