"""The same reads give the same HITS in every file format, order and strand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pysam
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table, write_table
from clonotrack.sequences import reverse_complement
from clonotrack.tables import HITS, MARKERS
from tests.track.small_inputs import J, V, bases, marker, markers, substituted

RNG = np.random.default_rng(43)
PART = bases(RNG, 52)
WHOLE = V["IGH"][0] + PART + J["IGH"][0]
KINDS = [
    PART,
    substituted(PART, [7]),
    PART[:20] + PART[21:],
    PART[:30] + "GA" + PART[30:],
    substituted(PART, [2, 9, 40]),
]
READS = [V["IGH"][0][-30:] + KINDS[i % 5] + J["IGH"][0][:30] if i % 3 else bases(RNG, 120) for i in range(300)]


def records(reads: list[str]) -> bytes:
    return "".join(f"@r{i}\n{read}\n+\n{'F' * len(read)}\n" for i, read in enumerate(reads)).encode()


def written(path: Path, reads: list[str]) -> Path:
    """Write the reads in the format of the file name."""
    if path.suffix == ".bam":
        with pysam.AlignmentFile(str(path), "wb", header={"HD": {"VN": "1.6"}}) as out:
            for i, read in enumerate(reads):
                record = pysam.AlignedSegment()
                record.query_name, record.flag, record.query_sequence = f"r{i}", 4, read
                record.query_qualities = pysam.qualitystring_to_array("F" * len(read))
                out.write(record)
    elif path.name.endswith("bgz"):
        with pysam.BGZFile(str(path), "wb") as out:
            out.write(records(reads))
    else:
        text = records(reads)
        parts = (text[: len(text) // 2], text[len(text) // 2 :])
        path.write_bytes(b"".join(map(gzip.compress, parts)) if path.suffix == ".gz" else text)
    return path


def hits(path: Path, *more: str) -> pl.DataFrame:
    out = path.with_suffix(".hits.tsv")
    call = ["track", str(path), *more, "--sample-id", "s", "--subject-id", "p"]
    assert main([*call, "--markers", str(path.parent / "m.tsv"), "--quiet", "-o", str(out)]) == 0
    return read_table(out, HITS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frame = markers(marker("p.1", WHOLE, target_start=91, target_end=142, copies_per_cell=1.0, max_edits=2))
    write_table(frame, MARKERS, tmp_path / "m.tsv")
    return tmp_path


def test_hits_do_not_depend_on_format_order_and_strand(folder: Path) -> None:
    expected = hits(written(folder / "plain.fastq", READS))
    counted = expected.filter(pl.col("reads") > 0, target_kind="marker").select("match_class", "edit_distance", "reads")
    assert counted.rows() == [("exact", 0, 40), ("mismatch", 1, 40), ("indel", 1, 40), ("indel", 2, 40)]
    turned = [reverse_complement(read) for read in READS[::-1]]
    for name, reads in (("a.fastq.gz", READS), ("b.bgz", READS), ("c.bam", READS), ("d.fastq", turned)):
        assert hits(written(folder / name, reads)).equals(expected), name
    assert hits(written(folder / "e.fastq", [read.lower() for read in READS])).equals(expected)


def test_mates_count_once_if_one_or_both_contain_the_marker(folder: Path) -> None:
    first, second = written(folder / "1.fastq", READS), folder / "2.fastq"
    expected = hits(first)
    for mates in ([reverse_complement(read) for read in READS], ["G" * 60] * len(READS)):
        written(second, mates)
        first.with_suffix(".hits.tsv").unlink()
        first.with_name("1.track.qc.tsv").unlink()
        assert hits(first, str(second)).equals(expected)
