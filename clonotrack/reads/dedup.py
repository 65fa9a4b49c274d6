"""Deduplicate fragments: keep each distinct fragment once, with its number of copies and its best qualities."""

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
"""Distinct fragments whose qualities are kept in one array (a slab).

A slab is so large that its memory returns to the operating system when it is freed.
"""
TABLE_ROWS = 16_384
"""Rows in each part of SEQUENCES that `DistinctFragments.tables` yields."""
Array = TypeVar("Array", bound=NDArray[Any])


class DistinctFragments:
    """The distinct fragments of a sample, in arrays whose length doubles when they are full.

    Two fragments are equal if all bases of the reads, of the mates and of the UMIs are equal, on the strand that was
    sequenced. Letter case makes no difference, and IUPAC ambiguity codes count as N. Memory grows with the number of
    distinct fragments, not with the number of all fragments. If fragments are added in another order, only the order of
    the rows and `sequence_id` change.

    Attributes:
        rows: number of distinct fragments.
        arrays: bases, UMI and number of copies of each distinct fragment, and the hash table that finds a fragment.
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
        """Deduplicate the fragments of all batches; a fragment whose mate has 0 nt counts as a single read."""
        fragments = cls()
        for batch in batches:
            fragments.add(batch)
        return fragments

    @property
    def bases(self) -> int:
        """Total bases of all fragments, both mates and all copies included [nt]."""
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
        """Grow the arrays so that a batch fits even if all of its fragments are new.

        Args:
            fragments: number of fragments in the batch.
            bases: number of bases in the batch, both mates together.
        """
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
        """Raise the quality of each base to that of the copies in a batch, if a copy has a higher Phred score.

        Args:
            scores: Phred scores of the batch, concatenated.
            offsets: fragment i has the scores ``scores[offsets[i]:offsets[i + 1]]``.
            assigned: number of the distinct fragment that fragment i of the batch equals, shape (fragments,).
        """
        self._has_quality[assigned] = True
        for number, first in enumerate(range(0, self.rows, SLAB_ROWS)):
            slab_offsets = self.arrays.offsets[first : min(first + SLAB_ROWS, self.rows) + 1]
            if number == len(self._slabs):
                self._slabs.append(np.zeros(0, dtype=np.uint8))
            self._slabs[number] = _grown(self._slabs[number], int(slab_offsets[-1] - slab_offsets[0]))
            raise_quality(scores, offsets, assigned, first, self._slabs[number], slab_offsets)

    def table(self) -> pl.DataFrame:
        """Return SEQUENCES as one table, with all the parts that `tables` yields."""
        return check(pl.concat(self.tables()), SEQUENCES)

    def tables(self, *, free_memory: bool = False) -> Iterator[pl.DataFrame]:
        """Yield SEQUENCES in parts, in the order in which the fragments first occurred.

        The whole table would take several times the memory of these arrays. `sequence_id` is the name of the first
        copy. A name that another row already has gets the next free number (``name.2``). `quality` is the best score of
        the copies at each base, and null if no copy has qualities.

        Args:
            free_memory: free the memory of each part after it is yielded. Afterwards only `rows` can be used.

        Yields:
            Parts of SEQUENCES, at least one, each with at most `TABLE_ROWS` rows.
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
        """Return the Phred scores of successive rows of one slab; zeros for rows without qualities.

        Args:
            start: number of the first row.
            offsets: bases before each row and after the last row, as in `FragmentTable.offsets`.
        """
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
    """Return an array with at least `length` elements.

    An array that is long enough is returned itself. Otherwise the elements are copied to a new array, which is twice as
    long as `array` or has `length` elements, whichever is more. Its further elements are zero.
    """
    if length <= len(array):
        return array
    grown = np.zeros(max(length, 2 * len(array)), dtype=array.dtype)
    grown[: len(array)] = array
    return cast(Array, grown)


def _sequence_column(codes: U8, starts: I64, ends: I64) -> pl.Series:
    """Return the bases from each start to the end of the same row as text; null for a row without bases."""
    first, last = _span(starts, ends)
    return _slices(DECODE[codes[first:last]].tobytes().decode("ascii"), starts - first, ends - first)


def _quality_column(scores: U8, starts: I64, ends: I64, has_quality: Bool) -> pl.Series:
    """Return the qualities from each start to the end of the same row as Phred+33 text; null without qualities."""
    first, last = _span(starts, ends)
    text = (scores[first:last] + PHRED_OFFSET).tobytes().decode("ascii")
    return _slices(text, starts - first, np.where(has_quality, ends, starts) - first)


def _umi_column(umis: U64, lengths: I64) -> pl.Series:
    """Return packed UMIs (two bits a base) as text; null for a UMI of 0 nt."""
    longest = int(lengths.max(initial=0))
    shifts = (2 * (lengths[:, None] - 1 - np.arange(longest))).clip(0).astype(np.uint64)
    bases = DECODE[((umis[:, None] >> shifts) & np.uint64(3)).astype(np.int64)].tobytes().decode("ascii")
    starts = np.arange(len(umis)) * longest
    return _slices(bases, starts, starts + lengths)


def _unique_names(characters: U8, offsets: I64) -> pl.Series:
    """Make names unique: a name that an earlier row has gets the next free number (``name.2``).

    Args:
        characters: ASCII characters of all names, concatenated.
        offsets: name i is ``characters[offsets[i]:offsets[i + 1]]``.
    """
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
