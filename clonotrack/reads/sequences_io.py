"""Read SEQUENCES from a table, or from a file of FASTQ or FASTA with one row for each record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from clonotrack.io.tables import table_batches
from clonotrack.kernels.hashing import EMPTY, add_hashes
from clonotrack.kernels.text import map_bytes
from clonotrack.raw_reads.batches import ReadBatch
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.sequences import DECODE, I64, U64
from clonotrack.tables import SEQUENCES
from clonotrack.text_columns import joined_text, substrings, text_column

TABLES = (".parquet", ".tsv")
REQUIRED = ("sequence_id", "sequence", "duplicate_count")
BATCH_ROWS = 16_384
"""Rows of a table in a batch."""
BATCH_BYTES = 10_000_000
"""Decompressed bytes of a file of reads that make a batch."""
AHEAD_BYTES = 3 * BATCH_BYTES
"""Most decompressed bytes that wait to be parsed.

Annotation is slower than decompression, so a higher limit would only take more memory.
"""


def read_sequences(path: Path) -> pl.DataFrame:
    """Read all sequences of a file as one SEQUENCES table; formats and errors are those of `sequence_batches`."""
    return pl.concat(sequence_batches(path))


def sequence_batches(path: Path) -> Iterator[pl.DataFrame]:
    """Read sequences in batches, from a SEQUENCES table (``.parquet``, ``.tsv``) or a file of FASTQ or FASTA.

    Yields:
        SEQUENCES. A file of reads gives one row for each record, in order. A name that an earlier record has gets the
        next free number (``name.2``), because `sequence_id` is a key.

    Raises:
        InputError: the file is missing or malformed; the message states the record or line.
    """
    if path.suffix.lower() in TABLES:
        for part in table_batches(path, SEQUENCES, required=REQUIRED, require_rows=True):
            yield from part.iter_slices(BATCH_ROWS)
        return
    names = _UniqueNames()
    for batch in read_fastx(path, block_bytes=BATCH_BYTES, ahead_bytes=AHEAD_BYTES):
        text = joined_text(batch.text)
        columns = {
            "sequence_id": names.unique(substrings(text, batch.name_starts, np.diff(batch.name_offsets))),
            "sequence": text_column(map_bytes(batch.sequences.codes, DECODE), batch.sequences.offsets).fill_null(""),
            "quality": _qualities(batch, text),
        }
        yield pl.DataFrame(columns).select(
            pl.col(name) if name in columns else pl.lit(1 if name == "duplicate_count" else None).cast(kind).alias(name)
            for name, kind in SEQUENCES.schema().items()
        )


def _qualities(batch: ReadBatch, text: pl.Series) -> pl.Series:
    if batch.quality_starts is None:
        return pl.Series([None] * len(batch), dtype=pl.String)
    return substrings(text, batch.quality_starts, batch.lengths).fill_null("")


class _UniqueNames:
    """Makes the names of a file unique, batch by batch; stores each name as a 64-bit hash, in 16 to 32 bytes.

    Two different names can have one hash (in one of 200,000 files of 10 million records). Then a number is appended to
    the second name although it is unique.
    """

    def __init__(self) -> None:
        self._count = 0
        self._slots: U64 = np.full(1 << 16, EMPTY, dtype=np.uint64)
        self._copies: dict[str, int] = {}

    def unique(self, names: pl.Series) -> pl.Series:
        """Return the names of a batch; a name that occurred before in the file gets the next free number."""
        repeated = self._admit(names)
        if not len(repeated):
            return names
        return names.scatter(repeated, [self._numbered(name) for name in names.gather(repeated)])

    def _numbered(self, name: str) -> str:
        while True:
            self._copies[name] = self._copies.get(name, 1) + 1
            numbered = f"{name}.{self._copies[name]}"
            if not len(self._admit(pl.Series([numbered]))):
                return numbered

    def _admit(self, names: pl.Series) -> I64:
        """Store the names of a batch and find the repeated ones.

        Returns:
            Indices into `names` of the names that occurred before, in an earlier batch or earlier in this batch.
        """
        self._count += len(names)
        if 2 * self._count > len(self._slots):
            kept = self._slots[self._slots != EMPTY]
            self._slots = np.full(1 << (2 * self._count).bit_length(), EMPTY, dtype=np.uint64)
            add_hashes(kept, self._slots)
        hashes = np.maximum(names.hash(0).to_numpy(), np.uint64(EMPTY + 1))
        return np.flatnonzero(add_hashes(hashes, self._slots))
