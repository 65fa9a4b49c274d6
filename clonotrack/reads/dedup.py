"""Deduplicate fragments: keep each distinct one once, with its copies and best qualities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.kernels.arrays import select_rows
from clonotrack.raw_reads.batches import FragmentBatch
from clonotrack.reads.kernels.dedup import (
    BASES_PER_WORD,
    SHAPE_BASE,
    FragmentTable,
    assign,
    concatenate_rows,
    fill_hash_table,
    raise_quality,
    unpack,
)
from clonotrack.sequences import DECODE, I64, U8, U64, Bool
from clonotrack.tables import SEQUENCES, check
from clonotrack.text_columns import text_column

PHRED_OFFSET = np.uint8(33)
SLAB_ROWS = 1 << 18
"""Fragments whose qualities are one array (slab), large enough for its memory to return to the system when freed."""
TABLE_ROWS = 16_384
"""Rows of a part of SEQUENCES."""
Array = TypeVar("Array", bound=NDArray[Any])


class DistinctFragments:
    """The distinct fragments of a sample, in arrays that double when they are full.

    Two fragments are equal if all bases of the reads, of their mates and of their UMIs are equal, on the strand that
    was sequenced. Letter case makes no difference, and IUPAC ambiguity codes count as N. Memory grows with the distinct
    fragments, not with all. Another order of the fragments changes only the order of rows and `sequence_id`.

    Attributes:
        rows: number of distinct fragments.
        arrays: their bases, UMIs and copies, and the hash table.
    """

    def __init__(self) -> None:
        self.rows = 0
        integers, words = np.zeros(1, np.int64), np.zeros(1, np.uint64)
        self.arrays = FragmentTable(_free_slots(1024), words, words, integers, integers, integers, words, integers)
        self._slabs: list[U8] = []
        self._has_quality: Bool = np.empty(0, dtype=np.bool_)
        self._names: U8 = np.empty(0, dtype=np.uint8)
        self._name_ends: I64 = np.zeros(1, dtype=np.int64)

    @classmethod
    def from_batches(cls, batches: Iterable[FragmentBatch]) -> DistinctFragments:
        """Deduplicate the fragments of all batches; a mate of 0 nt counts as no mate."""
        fragments = cls()
        for batch in batches:
            fragments.add(batch)
        return fragments

    @property
    def bases(self) -> int:
        """Bases of all fragments with their mates, copies included."""
        lengths = np.diff(self.arrays.offsets[: self.rows + 1])
        return int((lengths * self.arrays.counts[: self.rows]).sum())

    def add(self, batch: FragmentBatch) -> None:
        """Add the fragments of a batch."""
        reads, mates = batch.reads, batch.mates
        codes, offsets, scores = reads.sequences.codes, reads.sequences.offsets, reads.qualities
        shapes = reads.sequences.lengths * SHAPE_BASE + batch.umi_length
        if mates is not None:
            if scores is not None and mates.qualities is not None:
                scores = concatenate_rows(scores, offsets, mates.qualities, mates.sequences.offsets)[0]
            codes, offsets = concatenate_rows(codes, offsets, mates.sequences.codes, mates.sequences.offsets)
        self._reserve(len(batch), len(codes))
        assigned, new = np.empty(len(batch), dtype=np.int64), np.empty(len(batch), dtype=np.bool_)
        umis = np.zeros(len(batch), dtype=np.uint64) if batch.umis is None else batch.umis
        self.rows = assign(codes, offsets, shapes, umis, self.arrays, self.rows, assigned, new)
        if scores is not None:
            self._raise_quality(scores, offsets, assigned)
        names, bounds = select_rows(reads.name_bytes, reads.name_offsets, new)
        before, first = int(self._name_ends[self.rows - len(bounds) + 1]), self.rows - len(bounds) + 2
        self._names = _grown(self._names, before + len(names))
        self._names[before : before + len(names)] = names
        self._name_ends = _grown(self._name_ends, self.rows + 1)
        self._name_ends[first : self.rows + 1] = before + bounds[1:]

    def _reserve(self, fragments: int, bases: int) -> None:
        """Grow the arrays so that a batch fits even if all of its fragments are new."""
        rows, arrays = self.rows + fragments, self.arrays
        per_row = ("hashes", "starts", "offsets", "shapes", "umis", "counts")
        grown = {name: _grown(getattr(arrays, name), rows + 1) for name in per_row}
        words = int(arrays.starts[self.rows]) + bases // BASES_PER_WORD + fragments
        self.arrays = arrays = arrays._replace(words=_grown(arrays.words, words), **grown)
        self._has_quality = _grown(self._has_quality, rows)
        if 2 * rows > len(arrays.slots):
            self.arrays = arrays._replace(slots=_free_slots(1 << (4 * rows - 1).bit_length()))
            fill_hash_table(self.arrays.slots, arrays.hashes, self.rows)

    def _raise_quality(self, scores: U8, offsets: I64, assigned: I64) -> None:
        """Raise the qualities of the rows to those of the fragments of a batch that were assigned to them."""
        self._has_quality[assigned] = True
        for number, first in enumerate(range(0, self.rows, SLAB_ROWS)):
            slab_offsets = self.arrays.offsets[first : min(first + SLAB_ROWS, self.rows) + 1]
            if number == len(self._slabs):
                self._slabs.append(np.zeros(0, dtype=np.uint8))
            self._slabs[number] = _grown(self._slabs[number], int(slab_offsets[-1] - slab_offsets[0]))
            raise_quality(scores, offsets, assigned, first, self._slabs[number], slab_offsets)

    def table(self) -> pl.DataFrame:
        """Return SEQUENCES: all parts of `tables` in one."""
        return check(pl.concat(self.tables()), SEQUENCES)

    def tables(self, *, free_memory: bool = False) -> Iterator[pl.DataFrame]:
        """Yield SEQUENCES in the order of first occurrence, in parts, because text takes several times the memory.

        `sequence_id` is the name of the first read; a name that is already taken gets the next free number
        (``name.2``). `quality` is the best score of the copies at each base, and null if no copy has qualities.

        Args:
            free_memory: free the memory of each part after it is returned; then only `rows` can still be used.

        Yields:
            At least one part.
        """
        no_integers, no_words = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        if free_memory:
            self.arrays = self.arrays._replace(slots=no_integers, hashes=no_words)
        ends = self._name_ends[: self.rows + 1]
        ids = _unique_names(self._names[: ends[-1]], ends)
        for start in range(0, max(1, self.rows), TABLE_ROWS):
            yield self._table_part(start, min(start + TABLE_ROWS, self.rows), ids)
            if free_memory and (start + TABLE_ROWS) % SLAB_ROWS == 0 and self._slabs:
                self._slabs[start // SLAB_ROWS] = np.zeros(0, dtype=np.uint8)
        if free_memory:
            self.arrays = self.arrays._replace(words=no_words, starts=no_integers, umis=no_words)
            self._slabs, self._names, self._name_ends = [], np.zeros(0, np.uint8), no_integers

    def _table_part(self, start: int, end: int, ids: pl.Series) -> pl.DataFrame:
        arrays = self.arrays
        offsets, shapes = arrays.offsets[start : end + 1], arrays.shapes[start:end]
        codes = unpack(arrays.words, arrays.starts[start : end + 1], offsets)
        scores = self._scores(start, offsets)
        offsets = offsets - offsets[0]
        middle = offsets[:-1] + shapes // SHAPE_BASE
        read, mate = (offsets[:-1], middle), (middle, offsets[1:])
        has_quality = self._has_quality[start:end]
        columns = {
            "sequence_id": ids[start:end],
            "sequence": _sequence_column(codes, *read),
            "quality": _quality_column(scores, *read, has_quality),
            "umi": _umi_column(arrays.umis[start:end], shapes % SHAPE_BASE),
            "sequence_2": _sequence_column(codes, *mate),
            "quality_2": _quality_column(scores, *mate, has_quality),
            "duplicate_count": arrays.counts[start:end],
        }
        return pl.DataFrame({name: columns[name] for name in SEQUENCES.names}, schema=SEQUENCES.schema())

    def _scores(self, start: int, offsets: I64) -> U8:
        """Return the scores of successive rows of one slab; zeros for rows without any."""
        number = start // SLAB_ROWS
        scores = np.zeros(int(offsets[-1] - offsets[0]), dtype=np.uint8)
        if number < len(self._slabs):
            before = int(offsets[0] - self.arrays.offsets[number * SLAB_ROWS])
            stored = self._slabs[number][before : before + len(scores)]
            scores[: len(stored)] = stored
        return scores


def _free_slots(slots: int) -> I64:
    return np.full(slots, -1, dtype=np.int64)


def _grown(array: Array, length: int) -> Array:
    """Return an array of at least `length`, twice as long if it had to grow; new elements are zero."""
    if length <= len(array):
        return array
    grown = np.zeros(max(length, 2 * len(array)), dtype=array.dtype)
    grown[: len(array)] = array
    return cast(Array, grown)


def _sequence_column(codes: U8, starts: I64, ends: I64) -> pl.Series:
    """Return the bases from each start to its end as text; null if there are none."""
    first, last = _span(starts, ends)
    return _slices(DECODE[codes[first:last]].tobytes().decode("ascii"), starts - first, ends - first)


def _quality_column(scores: U8, starts: I64, ends: I64, has_quality: Bool) -> pl.Series:
    """Return the qualities from each start to its end as Phred+33 text; null if there are none."""
    first, last = _span(starts, ends)
    text = (scores[first:last] + PHRED_OFFSET).tobytes().decode("ascii")
    return _slices(text, starts - first, np.where(has_quality, ends, starts) - first)


def _umi_column(umis: U64, lengths: I64) -> pl.Series:
    """Return UMIs of two bits a base as text; null if their length is 0."""
    longest = int(lengths.max(initial=0))
    shifts = (2 * (lengths[:, None] - 1 - np.arange(longest))).clip(0).astype(np.uint64)
    bases = DECODE[((umis[:, None] >> shifts) & np.uint64(3)).astype(np.int64)].tobytes().decode("ascii")
    starts = np.arange(len(umis)) * longest
    return _slices(bases, starts, starts + lengths)


def _unique_names(characters: U8, offsets: I64) -> pl.Series:
    """Return names, those that occurred before with the next free number appended."""
    names = text_column(characters, offsets)
    if names.n_unique() == len(names):
        return names
    taken = set(names)
    numbers: dict[str, int] = {}
    unique = []
    for name in names:
        new = name
        if name in numbers:
            while new in taken:
                numbers[name] += 1
                new = f"{name}.{numbers[name]}"
            taken.add(new)
        numbers.setdefault(name, 1)
        unique.append(new)
    return pl.Series(unique, dtype=pl.String)


def _span(starts: I64, ends: I64) -> tuple[int, int]:
    return (int(starts[0]), int(ends[-1])) if len(starts) else (0, 0)


def _slices(text: str, starts: I64, ends: I64) -> pl.Series:
    slices = [text[start:end] or None for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return pl.Series(slices, dtype=pl.String)
