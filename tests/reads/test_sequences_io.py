from __future__ import annotations

from pathlib import Path

import pytest

from clonotrack.errors import InputError
from clonotrack.io.tables import write_table
from clonotrack.reads import sequences_io
from clonotrack.reads.sequences_io import read_sequences, sequence_batches
from clonotrack.tables import SEQUENCES, check


def test_a_row_per_record_in_order(tmp_path: Path) -> None:
    path = tmp_path / "reads.fq"
    path.write_text("@b 1\nACGT\n+\nIIH!\n@a\nac\n+\nAB\n@b\nACGT\n+\nIIII\n")
    frame = check(read_sequences(path), SEQUENCES)
    assert frame["sequence_id"].to_list() == ["b", "a", "b.2"]
    assert frame["sequence"].to_list() == ["ACGT", "AC", "ACGT"]
    assert frame["quality"].to_list() == ["IIH!", "AB", "IIII"]
    assert frame["duplicate_count"].to_list() == [1, 1, 1]


def test_fasta_has_no_qualities(tmp_path: Path) -> None:
    path = tmp_path / "reads.fa"
    path.write_text(">a\nACGT\nAC\n>b\nTT\n")
    frame = read_sequences(path)
    assert frame["sequence"].to_list() == ["ACGTAC", "TT"]
    assert frame["quality"].null_count() == 2


@pytest.mark.parametrize("name", ["s.parquet", "s.tsv"])
def test_a_table_is_returned_unchanged(name: str, tmp_path: Path) -> None:
    reads, table = tmp_path / "reads.fa", tmp_path / name
    reads.write_text(">a\nACGT\n>b\nTT\n")
    frame = read_sequences(reads)
    write_table(frame, SEQUENCES, table)
    assert read_sequences(table).equals(frame)


def test_a_malformed_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "reads.fq"
    path.write_text("@a\nACGT\n+\nIII\n")
    with pytest.raises(InputError, match=r"reads\.fq, record 1"):
        read_sequences(path)


def ids(path: Path, names: list[str]) -> list[list[str]]:
    path.write_text("".join(f"@{name}\nACGT\n+\nIIII\n" for name in names))
    return [batch["sequence_id"].to_list() for batch in sequence_batches(path)]


def test_names_are_unique_over_all_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences_io, "BATCH_BYTES", 40)
    batches = ids(tmp_path / "reads.fq", ["a", "b", "a", "c", "d", "e", "a.2", "a", "b"])
    assert len(batches) > 3
    assert [name for batch in batches for name in batch] == ["a", "b", "a.2", "c", "d", "e", "a.2.2", "a.3", "b.2"]


def test_many_names_are_unique(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences_io, "BATCH_BYTES", 100_000)
    names = [f"n{i}" for i in range(50_000)]
    batches = ids(tmp_path / "reads.fq", [*names, "n7"])
    assert len(batches) > 3
    assert [name for batch in batches for name in batch] == [*names, "n7.2"]
