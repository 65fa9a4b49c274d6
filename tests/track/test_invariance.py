"""HITS depend on the reads only, not on file format, chunks, order, strand, case or number of threads."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.config import Config, Track
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads import fastx, lanes
from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
from clonotrack.sequences import reverse_complement
from clonotrack.track import stage
from clonotrack.track.hits_table import TubeIdentity
from clonotrack.track.stage import prepare_targets, track
from tests.raw_reads.test_fastx import bgzip
from tests.track.small_inputs import REFERENCE, J, V, bases, controls, either_strand, marker, markers, substituted

RNG = np.random.default_rng(12)
PARTS = [V["IGH"][0][-12:] + bases(RNG, 30) + J["IGH"][0][-45:-20] for _ in range(4)]
MARKERS = markers(*(marker(f"m{i}", part, "pq"[i % 2], max_edits=2) for i, part in enumerate(PARTS)))
CONTROLS = controls({"control_id": "cal", "locus": "IGH", "sequence": V["IGH"][0] + bases(RNG, 40) + J["IGH"][0]})


def make_reads() -> list[tuple[str, str]]:
    """Sequence and qualities of reads: with targets and up to three edits, without, too short, of low quality."""
    reads = []
    for number in range(900):
        part = [*PARTS, CONTROLS["sequence"][0]][number % 5]
        part = substituted(part, RNG.integers(0, len(part), number % 4).tolist())
        read = bases(RNG, int(RNG.integers(60))) + part + bases(RNG, 9) if number % 3 else bases(RNG, number // 4)
        read = read[: 5 + number] if number % 7 == 0 else read
        read = read[:-3] + "N" + read[-2:] if number % 11 == 0 else read
        reads.append((either_strand(RNG, read), ("I" if number % 13 else "#") * len(read)))
    return reads


READS = make_reads()


def text(some: list[tuple[str, str]], end: str = "\n") -> bytes:
    lines = (f"@r{i}{end}{bases}{end}+{end}{scores}{end}" for i, (bases, scores) in enumerate(some))
    return "".join(lines).encode()


def hits(path: Path, *more: Path) -> pl.DataFrame:
    counts = FragmentCounts()
    config = Config()
    targets = prepare_targets(MARKERS, CONTROLS, REFERENCE, Track(), "p")
    reads = usable_fragments([Lane(file) for file in (path, *more)], config.reads, config.library(None), counts)
    found = track(reads, counts, targets, REFERENCE, TubeIdentity("s", "p"))
    totals = found.filter(pl.col("target_kind") == "total").select("target_id", "reads").rows()
    assert sum(n for name, n in totals if name != "scanned") == dict(totals)["scanned"] == len(READS)
    return found


@pytest.fixture
def expected(tmp_path: Path) -> pl.DataFrame:
    path = tmp_path / "plain.fastq"
    path.write_bytes(text(READS))
    found = hits(path)
    reasons = found.filter(pl.col("target_kind") == "total", pl.col("reads") > 0)["target_id"]
    assert {"too_short", "low_quality", "hit", "other"} <= set(reasons)
    return found


FORMS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: gzip.compress(text(READS)),
    "gzip members": lambda: b"".join(
        gzip.compress(text(READS)[i : i + 5000]) for i in range(0, len(text(READS)), 5000)
    ),
    "bgzip": lambda: bgzip(text(READS), 777),
    "CRLF": lambda: text(READS, "\r\n"),
    "lower case": lambda: text([(bases.lower(), scores) for bases, scores in READS]),
    "U for T": lambda: text([(bases.replace("T", "U"), scores) for bases, scores in READS]),
    "other order": lambda: text(READS[::-1]),
    "other strand": lambda: text([(reverse_complement(bases), scores) for bases, scores in READS]),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_format_of_the_file_changes_nothing(tmp_path: Path, expected: pl.DataFrame, form: str) -> None:
    path = tmp_path / "reads"
    path.write_bytes(FORMS[form]())
    assert hits(path).equals(expected)


@pytest.mark.parametrize("block_bytes", [400, 5_000, 60_000])
def test_chunks_change_nothing(
    tmp_path: Path, expected: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    path = tmp_path / "reads.gz"
    path.write_bytes(gzip.compress(text(READS)))
    monkeypatch.setattr(
        lanes, "read_fastx", lambda file, **words: fastx.read_fastx(file, block_bytes=block_bytes, **words)
    )
    assert hits(path).equals(expected)


@pytest.mark.parametrize("threads", [1, 4])
def test_the_number_of_threads_changes_nothing(
    tmp_path: Path, expected: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    path = tmp_path / "reads.gz"
    path.write_bytes(gzip.compress(text(READS)))
    monkeypatch.setattr(stage, "THREADS", threads)
    monkeypatch.setattr(lanes, "read_fastx", lambda file, **words: fastx.read_fastx(file, block_bytes=5_000, **words))
    assert hits(path).equals(expected)


def test_lanes_change_nothing(tmp_path: Path, expected: pl.DataFrame) -> None:
    paths = [tmp_path / f"lane{i}.gz" for i in range(3)]
    for i, path in enumerate(paths):
        path.write_bytes(gzip.compress(text(READS[300 * i : 300 * i + 300])))
    assert hits(*paths).equals(expected)
