"""Reads as tables: one row per record of a FASTQ or FASTA file, or a SEQUENCES table as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from clonotrack.io.tables import table_batches
from clonotrack.kernels.hashing import EMPTY, add_hashes
from clonotrack.kernels.text import map_bytes
from clonotrack.raw_reads.chunk import ReadChunk
from clonotrack.raw_reads.fastx import read_chunks
from clonotrack.sequences import DECODE, I64, U64
from clonotrack.tables import SEQUENCES
from clonotrack.text_columns import joined_text, substrings, text_column

TABLES = (".parquet", ".tsv")
REQUIRED = ("sequence_id", "sequence", "duplicate_count")
# Rows of a table, and bytes of a file of reads, that are one batch.
ROWS_AT_ONCE = 16_384
BYTES_AT_ONCE = 10_000_000
# Text that waits, decompressed: what takes the batches is slower than decompression.
BYTES_AHEAD = 3 * BYTES_AT_ONCE


def read_sequences(path: Path) -> pl.DataFrame:
    """All sequences of `sequence_batches` in one table."""
    return pl.concat(sequence_batches(path))


def sequence_batches(path: Path) -> Iterator[pl.DataFrame]:
    """Sequences to work on, from a SEQUENCES table (``.parquet``, ``.tsv``) or a file of reads.

    Yields:
        SEQUENCES, so many rows at a time. Of a file of reads: a row per record, in order; a name that was met before
        gets the next free number behind it (``name.2``), as names are keys.

    Raises:
        InputError: names file and record or line of the first thing that is wrong.
    """
    if path.suffix.lower() in TABLES:
        for part in table_batches(path, SEQUENCES, required=REQUIRED, require_rows=True):
            yield from part.iter_slices(ROWS_AT_ONCE)
        return
    names = _Names()
    for chunk in read_chunks(path, chunk_bytes=BYTES_AT_ONCE, ahead_bytes=BYTES_AHEAD):
        text = joined_text(chunk.text)
        columns = {
            "sequence_id": names.unique(substrings(text, chunk.names, np.diff(chunk.name_offsets))),
            "sequence": text_column(map_bytes(chunk.sequences.codes, DECODE), chunk.sequences.offsets).fill_null(""),
            "quality": _qualities(chunk, text),
        }
        yield pl.DataFrame(columns).select(
            pl.col(name) if name in columns else pl.lit(1 if name == "duplicate_count" else None).cast(kind).alias(name)
            for name, kind in SEQUENCES.schema().items()
        )


def _qualities(chunk: ReadChunk, text: pl.Series) -> pl.Series:
    if chunk.quality_starts is None:
        return pl.Series([None] * len(chunk), dtype=pl.String)
    return substrings(text, chunk.quality_starts, chunk.lengths).fill_null("")


class _Names:
    """The names of a file so far, as 64-bit hashes: 16 to 32 bytes a name, whatever its length.

    Two names of one hash (once in some 200,000 files of 10 million records) would only number the second needlessly.
    """

    def __init__(self) -> None:
        self.number = 0
        self.slots: U64 = np.full(1 << 16, EMPTY, dtype=np.uint64)
        self.copies: dict[str, int] = {}

    def unique(self, names: pl.Series) -> pl.Series:
        """The names, with the next free number behind one that was met before."""
        known = self._admit(names)
        return names.scatter(known, [self._numbered(name) for name in names.gather(known)]) if len(known) else names

    def _numbered(self, name: str) -> str:
        while True:
            self.copies[name] = self.copies.get(name, 1) + 1
            numbered = f"{name}.{self.copies[name]}"
            if not len(self._admit(pl.Series([numbered]))):
                return numbered

    def _admit(self, names: pl.Series) -> I64:
        """Enter names; the places of those that were there before."""
        self.number += len(names)
        if 2 * self.number > len(self.slots):
            kept = self.slots[self.slots != EMPTY]
            self.slots = np.full(1 << (2 * self.number).bit_length(), EMPTY, dtype=np.uint64)
            add_hashes(kept, self.slots)
        hashes = np.maximum(names.hash(0).to_numpy(), np.uint64(EMPTY + 1))
        return np.flatnonzero(add_hashes(hashes, self.slots))
