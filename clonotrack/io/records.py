"""Reads as a table: one row per record of a FASTQ or FASTA file, or a SEQUENCES table as it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl

from clonotrack.io.frames import read_table
from clonotrack.io.reads import ReadChunk, read_chunks
from clonotrack.sequence import I64, U8
from clonotrack.tables import SEQUENCES

TABLES = (".parquet", ".tsv")
REQUIRED = ("sequence_id", "sequence", "duplicate_count")
_PHRED_OFFSET = 33


def read_sequences(path: Path) -> pl.DataFrame:
    """Sequences to work on, from a SEQUENCES table (``.parquet``, ``.tsv``) or a file of reads.

    Returns:
        SEQUENCES. Of a file of reads: a row per record, in order; a name that was met before gets the number of its
        occurrence behind it (``name.2``), as names are keys.

    Raises:
        InputError: names file and record or line of the first thing that is wrong.
    """
    if path.suffix.lower() in TABLES:
        return read_table(path, SEQUENCES, required=REQUIRED, rows=True)
    frame = pl.concat(_frames(path))
    occurrence = pl.int_range(1, pl.len() + 1).over("sequence_id")
    numbered = pl.concat_str("sequence_id", pl.lit("."), occurrence)
    return frame.with_columns(pl.when(occurrence > 1).then(numbered).otherwise("sequence_id").alias("sequence_id"))


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    for chunk in read_chunks(path):
        columns = {"sequence_id": _names(chunk), "sequence": chunk.sequences.to_strings(), "quality": _qualities(chunk)}
        empty = SEQUENCES.schema()
        yield pl.DataFrame(columns, schema_overrides={name: empty[name] for name in columns}).select(
            pl.col(name) if name in columns else pl.lit(1 if name == "duplicate_count" else None).cast(kind).alias(name)
            for name, kind in empty.items()
        )


def _names(chunk: ReadChunk) -> list[str]:
    return _pieces(chunk.name_bytes, chunk.name_offsets)


def _qualities(chunk: ReadChunk) -> list[str | None]:
    if chunk.qualities is None:
        return [None] * len(chunk)
    return list(_pieces(chunk.qualities + _PHRED_OFFSET, chunk.sequences.offsets))


def _pieces(letters: U8, offsets: I64) -> list[str]:
    text = letters.tobytes().decode("ascii")
    return [text[start:end] for start, end in pairwise(offsets.tolist())]
