from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import airr
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.cli.main import main
from clonotrack.germline import Reference
from clonotrack.germline.load import load_reference
from clonotrack.io.tables import read_table
from clonotrack.tables import REARRANGEMENTS
from tests.annotate.airr_checks import check_strictly
from tests.annotate.random_reads import random_bases, recombine


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference()


@pytest.fixture(scope="module")
def reads(reference: Reference) -> list[str]:
    rng = np.random.default_rng(2)
    loci = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
    return [recombine(rng, reference, locus, 0.02).read for locus in loci] + [random_bases(rng, 120)]


def written(path: Path) -> pl.DataFrame:
    frame = read_table(path, REARRANGEMENTS)
    check_strictly(frame)
    return frame


def test_fasta_gives_an_airr_table(reads: list[str], tmp_path: Path) -> None:
    fasta, table = tmp_path / "reads.fa", tmp_path / "calls.tsv"
    fasta.write_text("".join(f">r{i} of a test\n{read}\n" for i, read in enumerate(reads)))
    assert main(["annotate", str(fasta), "-o", str(table)]) == 0
    assert airr.validate_rearrangement(str(table))
    frame = written(table)
    assert frame["sequence_id"].to_list() == [f"r{i}" for i in range(len(reads))]
    assert frame["locus"].to_list() == ["IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD", None]
    assert frame["quality"].null_count() == frame.height


def test_fastq_tables_and_parquet_give_the_same_calls(reads: list[str], tmp_path: Path) -> None:
    fastq, sequences = tmp_path / "reads.fastq", tmp_path / "reads.sequences.parquet"
    fastq.write_text("".join(f"@r{i}\n{read}\n+\n{'F' * len(read)}\n" for i, read in enumerate(reads)))
    assert main(["reads", str(fastq), "-o", str(sequences)]) == 0
    for source in (fastq, sequences):
        assert main(["annotate", str(source), "-o", str(tmp_path / f"{source.name}.out.parquet")]) == 0
    frames = [written(tmp_path / f"{source.name}.out.parquet") for source in (fastq, sequences)]
    assert_frame_equal(*frames)


def test_records_with_the_same_name_are_numbered(reads: list[str], tmp_path: Path) -> None:
    fasta, table = tmp_path / "reads.fa", tmp_path / "calls.tsv"
    fasta.write_text("".join(f">same\n{read}\n" for read in reads[:3]))
    assert main(["annotate", str(fasta), "-o", str(table)]) == 0
    assert written(table)["sequence_id"].to_list() == ["same", "same.2", "same.3"]


def test_settings_and_another_reference_are_used(reads: list[str], reference: Reference, tmp_path: Path) -> None:
    fasta, config, germline = tmp_path / "reads.fa", tmp_path / "config.yaml", tmp_path / "germline"
    fasta.write_text("".join(f">r{i}\n{read}\n" for i, read in enumerate(reads)))
    config.write_text("annotate:\n  loci: [TRB, IGH]\n")
    germline.mkdir()
    only = [s for s in reference.segments if s.locus == "TRB"]
    (germline / "trb.fasta").write_text("".join(f">{s.allele}\n{s.sequence}\n" for s in only))
    out = [tmp_path / name for name in ("loci.tsv", "own.tsv")]
    assert main(["annotate", str(fasta), "--config", str(config), "-o", str(out[0])]) == 0
    assert set(written(out[0])["locus"].drop_nulls()) == {"TRB", "IGH"}
    assert main(["annotate", str(fasta), "--germline", str(germline), "-o", str(out[1])]) == 0
    assert written(out[1])["locus"][4] == "TRB"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.fa", None, "missing.fa"),
        ("empty.fq", "", "empty.fq"),
        ("table.tsv", "sequence_id\tsequence\nr\tACGT\n", "duplicate_count"),
    ],
)
def test_wrong_input_prints_one_error(
    name: str, content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, table = tmp_path / name, tmp_path / "calls.tsv"
    if content is not None:
        path.write_text(content)
    assert main(["annotate", str(path), "-o", str(table)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not table.exists()


MEMORY_PROGRAM = """
import os, sys
from clonotrack.cli.annotate import keep_freed_memory
assert "polars" not in sys.modules
keep_freed_memory()
import polars
print(os.environ["_RJEM_MALLOC_CONF"], polars.Series([1, 2]).sum())
"""


def test_freed_memory_is_kept_from_before_the_import_of_polars() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}  # polars sets it
    command = [sys.executable, "-c", MEMORY_PROGRAM]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    settings, total = run.stdout.split()
    assert settings.endswith("dirty_decay_ms:30000")
    assert total == "3"
    assert not run.stderr
