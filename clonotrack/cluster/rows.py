"""The rows of a sample in little room: what many have in common once, their letters compressed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl
import zstandard

from clonotrack.io.strings import letters_of
from clonotrack.sequence import I64, U8

KEY = ["locus", "key_region"]
CALLS = ["v_call", "j_call"]
SAID = [*KEY, *CALLS, "d_call", "system", "junction", "junction_aa"]
"""What is said of a row; with the place of its J in the key region, its variant."""
USED = [*SAID, "key_region_start", "j_sequence_start", "sequence", "quality", "umi", "duplicate_count"]
ROWS_AT_ONCE = 16_384
UNKNOWN_QUALITY = "?"  # Q30: rows without qualities weigh alike
_VARIANT = [*SAID, "j_start"]
_PHRED_OFFSET = np.uint8(33)


class Packed(NamedTuple):
    """Sequences and Phred scores of so many rows, compressed."""

    rows: int
    letters: bytes
    scores: bytes


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
            of sequence and quality, `scored`: whether there is a quality. Stages add `node` and `clone`.
        variants: what is said of the rows (`SAID`), and `j_start`, each once.
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
        packed, tables, variants = [], [], []
        known = total = 0
        for part in _slices(parts):
            total += int(part["duplicate_count"].sum())
            rows = _placed(part)
            said = rows.select(_VARIANT).unique(maintain_order=True)
            tables.append(_narrow(rows, said, known))
            variants.append(said)
            known += said.height
            packed.append(_packed(rows))
        narrow, each = pl.concat(tables), pl.concat(variants)
        once = each.unique(maintain_order=True).with_row_index("to")
        to = each.join(once, on=_VARIANT, how="left", nulls_equal=True, maintain_order="left")["to"]
        narrow = narrow.with_columns(to.gather(narrow["variant"]).alias("variant"))
        placed = int(narrow["duplicate_count"].sum())
        return cls(narrow, once.drop("to"), tuple(packed), total, total - placed)

    def with_columns(self, **columns: pl.Series) -> Rows:
        """The rows with more columns in `table`."""
        return replace(self, table=self.table.with_columns(**columns))

    def letters(self) -> Iterator[Letters]:
        """The letters of all rows, so many at a time."""
        lengths = self.table["length"].to_numpy().astype(np.int64)
        decompress = zstandard.ZstdDecompressor().decompress
        first = 0
        for part in self.packed:
            offsets = np.concatenate([[0], np.cumsum(lengths[first : first + part.rows])])
            letters, scores = (np.frombuffer(decompress(piece), dtype=np.uint8) for piece in part[1:])
            yield Letters(first, letters, scores, offsets)
            first += part.rows


def _slices(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for part in parts:
        for start in range(0, max(1, part.height), ROWS_AT_ONCE):
            yield part.select(USED).slice(start, ROWS_AT_ONCE)


def _placed(part: pl.DataFrame) -> pl.DataFrame:
    """The rows with locus and key region, in upper case."""
    return part.drop_nulls(KEY).with_columns(
        pl.col("key_region", "sequence").str.to_uppercase(),
        j_start=pl.col("j_sequence_start") - pl.col("key_region_start"),
    )


def _narrow(rows: pl.DataFrame, said: pl.DataFrame, known: int) -> pl.DataFrame:
    """`Rows.table` of some rows, of which the first variant has the number `known`."""
    numbered = said.with_row_index("variant", known)
    variant = rows.select(_VARIANT).join(numbered, on=_VARIANT, how="left", nulls_equal=True, maintain_order="left")
    return rows.select(
        variant["variant"],
        pl.col("key_region_start").cast(pl.Int32),
        "duplicate_count",
        "umi",
        length=pl.col("sequence").str.len_bytes(),
        hash=pl.col("sequence").hash(),
        copy_hash=pl.col("sequence").hash() ^ pl.col("quality").hash(),
        scored=pl.col("quality").is_not_null(),
    )


def _packed(rows: pl.DataFrame) -> Packed:
    compress = zstandard.ZstdCompressor(level=1).compress
    qualities = rows.select(pl.col("quality").fill_null(pl.col("sequence").str.replace_all(".", UNKNOWN_QUALITY)))
    scores = letters_of(qualities["quality"])[0] - _PHRED_OFFSET
    return Packed(rows.height, compress(letters_of(rows["sequence"])[0].tobytes()), compress(scores.tobytes()))
