import gzip
import io
import sys

import polars as pl
import pytest

from clonotrack.cli.main import main
from clonotrack.io.tables import read_table
from clonotrack.tables import QC, SEQUENCES

READ = "ACGTTGCA" * 8
FASTQ = f"@a\n{READ}\n+\n{'I' * 64}\n@b\n{READ}\n+\n{'H' * 64}\n@c\nACGT\n+\nIIII\n@d\n{READ}\n+\n{'#' * 64}\n"


@pytest.fixture
def reads(tmp_path):
    path = tmp_path / "s1.fastq.gz"
    path.write_bytes(gzip.compress(FASTQ.encode()))
    return path


def call(*words):
    return main(["reads", *map(str, words)])


@pytest.mark.parametrize("ending", ["parquet", "tsv"])
def test_sequences_and_quality_control_are_written(reads, tmp_path, ending):
    output = tmp_path / "out" / f"s1.sequences.{ending}"
    assert call(reads, "-o", output) == 0
    assert read_table(output, SEQUENCES).rows() == [("a", READ, "I" * 64, None, None, None, 2)]
    qc = read_table(tmp_path / "out" / "s1.reads.qc.tsv", QC)
    assert dict(qc.select("metric", "value").rows()) == {
        "scanned": 4,
        "passed": 2,
        "no_umi": 0,
        "too_short": 1,
        "low_quality": 1,
        "hard_clipped": 0,
        "distinct_sequences": 1,
        "mean_length": 64,
    }
    assert set(qc["sample_id"]) == {"s1"}


def test_settings_and_sample_id_are_used(reads, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("reads: {min_length: 4, max_error_rate: 1}\n")
    assert call(reads, "--config", config, "--sample-id", "x", "-o", tmp_path / "all.tsv") == 0
    assert read_table(tmp_path / "all.tsv", SEQUENCES)["duplicate_count"].sum() == 4
    assert set(read_table(tmp_path / "all.reads.qc.tsv", QC)["sample_id"]) == {"x"}


def test_standard_input(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FASTQ.encode())))
    assert call("-", "-o", tmp_path / "s.tsv") == 0
    assert read_table(tmp_path / "s.tsv", SEQUENCES)["duplicate_count"].to_list() == [2]


@pytest.fixture
def sheet(reads, tmp_path):
    (tmp_path / "lane2.fasta").write_text(f">e\n{READ}\n>f\n{READ}A\n")
    (tmp_path / "other.fasta").write_text(f">g\n{READ}\n")
    path = tmp_path / "samples.tsv"
    rows = [("s1", "s1.fastq.gz", "one"), ("s2", "other.fasta", "one"), ("s1", "lane2.fasta", "two")]
    frame = pl.DataFrame(rows, schema=["sample_id", "reads_1", "library"], orient="row")
    frame.with_columns(role=pl.lit("baseline"), subject_id=pl.lit("p1")).write_csv(path, separator="\t")
    config = tmp_path / "config.yaml"
    config.write_text("libraries: {one: {}, two: {}}\n")
    return ["--samples", path, "--config", config]


@pytest.mark.parametrize(("library", "copies"), [((), [3, 1]), (("--library", "two"), [1, 1])])
def test_lanes_of_a_sample_come_from_the_sheet(sheet, tmp_path, library, copies):
    assert call(*sheet, "--sample-id", "s1", *library, "-o", tmp_path / "out.tsv") == 0
    assert read_table(tmp_path / "out.tsv", SEQUENCES)["duplicate_count"].to_list() == copies


def test_an_unknown_sample_is_named(sheet, tmp_path, capsys):
    assert call(*sheet, "--sample-id", "s9", "-o", tmp_path / "out.tsv") == 1
    assert "samples.tsv: has no sample 's9': choose one of s1, s2" in capsys.readouterr().err


def test_a_sample_without_that_library_is_named(sheet, tmp_path, capsys):
    assert call(*sheet, "--sample-id", "s2", "--library", "two", "-o", tmp_path / "out.tsv") == 1
    assert "has no row of sample 's2' with library 'two'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["reads.fq", "--samples", "s.tsv"], ["--samples", "s.tsv"]])
def test_a_wrong_call_has_exit_status_2(words, tmp_path):
    assert call(*words, "-o", tmp_path / "out.tsv") == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (gzip.compress(FASTQ.encode())[:-12], "the gzip data stop in the middle"),
        (FASTQ.encode() + b"@e\nACGT\n+\nIII\n", "record 5: has 4 bases but 3 qualities"),
    ],
    ids=["empty", "gzip cut", "record cut"],  # not the bytes: gzip writes the time into them
)
def test_bad_reads_print_one_error_and_leave_no_output(tmp_path, capsys, data, sentence):
    path = tmp_path / "bad.fastq.gz"
    path.write_bytes(data)
    assert call(path, "-o", tmp_path / "out" / "bad.sequences.parquet") == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert str(path) in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


def test_an_output_that_exists_is_kept(reads, tmp_path, capsys):
    (tmp_path / "s1.reads.qc.tsv").write_text("mine")
    assert call(reads, "-o", tmp_path / "s1.sequences.parquet") == 1
    assert "s1.reads.qc.tsv: exists already" in capsys.readouterr().err
    assert (tmp_path / "s1.reads.qc.tsv").read_text() == "mine"
    assert call(reads, "--force", "-o", tmp_path / "s1.sequences.parquet") == 0
