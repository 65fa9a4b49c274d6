"""The rows of a sample in little room: what many have in common once, their letters compressed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl
import zstandard

from clonotrack.sequences import I64, U8, offsets_of
from clonotrack.text_columns import column_bytes

KEY = ["locus", "key_region"]
CALLS = ["v_call", "j_call"]
SAID = [*KEY, *CALLS, "d_call", "system", "junction", "junction_aa"]
"""What is said of a row; with the place of its J in the key region, its variant."""
USED = [*SAID, "key_region_start", "j_sequence_start", "sequence", "quality", "umi", "duplicate_count"]
ROWS_AT_ONCE = 16_384
PIECE_BYTES = 1 << 26
UNKNOWN_SCORE = 30  # rows without qualities weigh alike
_VARIANT = [*SAID, "j_start"]
_PHRED_OFFSET = np.uint8(33)


class Shelf:
    """Bytes that stay, in few large pieces: by themselves, among large ones that come and go, they split the heap."""

    def __init__(self) -> None:
        self.room = memoryview(b"")

    def put(self, data: bytes) -> memoryview:
        """Take in a copy, compressed."""
        packed = zstandard.ZstdCompressor(level=1).compress(data)
        if len(packed) > len(self.room):
            self.room = np.empty(max(len(packed), PIECE_BYTES), dtype=np.uint8).data
        kept, self.room = self.room[: len(packed)], self.room[len(packed) :]
        kept[:] = packed
        return kept


class Packed(NamedTuple):
    """Sequences and Phred scores of so many rows, compressed."""

    rows: int
    letters: memoryview
    scores: memoryview


class Letters(NamedTuple):
    """Sequences (ASCII) and Phred scores of some rows, one after the other.

    Attributes:
        first: number of the first row.
        letters: of the sequences.
        scores: shape of `letters`.
        offsets: row ``first + i`` is ``letters[offsets[i]:offsets[i + 1]]``.
    """

    first: int
    letters: U8
    scores: U8
    offsets: I64


@dataclass(frozen=True)
class Rows:
    """The rows with a key region.

    Attributes:
        table: `variant`, `key_region_start`, `duplicate_count`, `umi`, `length` and `hash` of the sequence, `copy_hash`
            of sequence and quality, `scored`: whether there is a quality. `node` and `clone` are added.
        variants: what is said of the rows (`SAID`), and `j_start`, each once; `group` adds `node`.
        packed: their letters, in parts of at most `ROWS_AT_ONCE` rows.
        reads: of these rows and of those without a key region.
        without: of the latter.
    """

    table: pl.DataFrame
    variants: pl.DataFrame
    packed: tuple[Packed, ...]
    reads: int
    without: int

    @classmethod
    def of(cls, parts: Iterable[pl.DataFrame]) -> Rows:
        """Those of REARRANGEMENTS, or of its columns `USED`, that come part by part."""
        shelf, packed, tables, variants = Shelf(), [], [], []
        total = 0
        for part in _slices(parts):
            total += int(part["duplicate_count"].sum())
            rows = _placed(part)
            tables.append(_narrow(rows))
            variants.append(shelf.put(_as_bytes(rows.select(*_VARIANT, "said").unique("said", maintain_order=True))))
            packed.append(Packed(rows.height, *(shelf.put(data) for data in _letters(rows))))
        table = pl.concat(tables)
        each = pl.concat(map(_as_frame, variants))
        said, first = np.unique(each["said"].to_numpy(), return_index=True)
        variant = np.searchsorted(said, table["said"].to_numpy()).astype(np.uint32)
        table = table.with_columns(variant=pl.Series(variant)).drop("said")
        placed = int(table["duplicate_count"].sum())
        return cls(table, each[first].drop("said"), tuple(packed), total, total - placed)

    def with_columns(self, **columns: pl.Series) -> Rows:
        """The rows with more columns in `table`."""
        return replace(self, table=self.table.with_columns(**columns))

    def by_variant(self, of: pl.Series | None = None) -> I64:
        """Reads of each variant, of all rows or of some."""
        reads = self.table["duplicate_count"].to_numpy()
        counted = reads if of is None else reads * of.to_numpy()
        sums: I64 = np.bincount(self.table["variant"].to_numpy(), counted, self.variants.height).astype(np.int64)
        return sums

    def letters(self) -> Iterator[Letters]:
        """The letters of all rows, so many at a time."""
        lengths = self.table["length"].to_numpy().astype(np.int64)
        decompress = zstandard.ZstdDecompressor().decompress
        first = 0
        for part in self.packed:
            offsets = offsets_of(lengths[first : first + part.rows])
            letters, scores = (np.frombuffer(decompress(piece), dtype=np.uint8) for piece in part[1:])
            yield Letters(first, letters, scores, offsets)
            first += part.rows


def _slices(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for part in parts:
        for start in range(0, max(1, part.height), ROWS_AT_ONCE):
            yield part.select(USED).slice(start, ROWS_AT_ONCE)


def _placed(part: pl.DataFrame) -> pl.DataFrame:
    """The rows with locus and key region, in upper case, and the 64-bit hash of what is said of each.

    Two of a million variants have one hash in one of 40 million samples.
    """
    rows = part.drop_nulls(KEY).with_columns(
        pl.col("key_region", "sequence").str.to_uppercase(),
        j_start=pl.col("j_sequence_start") - pl.col("key_region_start"),
    )
    return rows.with_columns(said=pl.struct(_VARIANT).hash())


def _narrow(rows: pl.DataFrame) -> pl.DataFrame:
    """`Rows.table` of some rows, with the hash `said` in place of `variant`."""
    return rows.select(
        "said",
        pl.col("key_region_start").cast(pl.Int32),
        "duplicate_count",
        "umi",
        length=pl.col("sequence").str.len_bytes(),
        hash=pl.col("sequence").hash(),
        copy_hash=pl.col("sequence").hash() ^ pl.col("quality").hash(),
        scored=pl.col("quality").is_not_null(),
    )


def _letters(rows: pl.DataFrame) -> tuple[bytes, bytes]:
    """Sequences and Phred scores, each row behind the other."""
    letters, _ = column_bytes(rows["sequence"])
    quality = rows["quality"]
    if quality.null_count() == rows.height:
        return letters.tobytes(), np.full(len(letters), UNKNOWN_SCORE, dtype=np.uint8).tobytes()
    if quality.null_count():
        unknown = pl.col("sequence").str.replace_all(".", chr(UNKNOWN_SCORE + _PHRED_OFFSET))
        quality = rows.select(pl.col("quality").fill_null(unknown))["quality"]
    return letters.tobytes(), (column_bytes(quality)[0] - _PHRED_OFFSET).tobytes()


def _as_bytes(frame: pl.DataFrame) -> bytes:
    return frame.write_ipc(None).getvalue()


def _as_frame(packed: memoryview) -> pl.DataFrame:
    return pl.read_ipc(zstandard.ZstdDecompressor().decompress(packed))
