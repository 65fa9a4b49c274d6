"""Columns of SEQUENCES from arrays.

Equal fragments put together: each distinct one once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.kernels.arrays import select_rows
from clonotrack.raw_reads.fragments import Batch
from clonotrack.reads.kernels.dedup import BASES_OF_WORD, SHAPES, Rows, assign, joined, raise_quality, refill, unpack
from clonotrack.sequences import DECODE, I64, U8, U64, Bool
from clonotrack.tables import SEQUENCES, check
from clonotrack.text_columns import text_column

PHRED_OFFSET = np.uint8(33)


def letters_of(codes: U8, starts: I64, ends: I64) -> pl.Series:
    """The bases from each start to its end, null where these are one."""
    first, last = _span(starts, ends)
    return _pieces(DECODE[codes[first:last]].tobytes().decode("ascii"), starts - first, ends - first)


def phred_of(scores: U8, starts: I64, ends: I64, scored: Bool) -> pl.Series:
    """Phred+33 qualities from each start to its end, null where there are none."""
    first, last = _span(starts, ends)
    text = (scores[first:last] + PHRED_OFFSET).tobytes().decode("ascii")
    return _pieces(text, starts - first, np.where(scored, ends, starts) - first)


def umis_of(umis: U64, lengths: I64) -> pl.Series:
    """UMIs of two bits a base as letters, null where they have none."""
    longest = int(lengths.max(initial=0))
    shifts = (2 * (lengths[:, None] - 1 - np.arange(longest))).clip(0).astype(np.uint64)
    letters = DECODE[((umis[:, None] >> shifts) & np.uint64(3)).astype(np.int64)].tobytes().decode("ascii")
    starts = np.arange(len(umis)) * longest
    return _pieces(letters, starts, starts + lengths)


def unique_names(letters: U8, offsets: I64) -> pl.Series:
    """Names, with the next free number behind one that stood before."""
    names = text_column(letters, offsets)
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


def _pieces(text: str, starts: I64, ends: I64) -> pl.Series:
    pieces = [text[start:end] or None for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return pl.Series(pieces, dtype=pl.String)


ROWS_OF_SLAB = 1 << 18  # large enough to be given back to the system when it is left
ROWS_AT_ONCE = 16_384
Array = TypeVar("Array", bound=NDArray[Any])


class Fragments:
    """The distinct fragments so far, in arrays that double when they are full; scores in slabs, as they are largest.

    Fragments are equal where every base of the read, of its mate and of the UMI is, on the strand as read; letter case
    is no difference, and an IUPAC ambiguity code is N. What is kept grows with the distinct fragments, not with all.
    Another order of them changes only the order of the rows and `sequence_id`.

    Attributes:
        rows: how many.
        table: the arrays.
    """

    def __init__(self) -> None:
        self.rows = 0
        number, word = np.zeros(1, np.int64), np.zeros(1, np.uint64)
        self.table = Rows(_free(1024), word, word, number, number, number, word, number)
        self.slabs: list[U8] = []
        self.scored: Bool = np.empty(0, dtype=np.bool_)
        self.names: U8 = np.empty(0, dtype=np.uint8)
        self.name_ends: I64 = np.zeros(1, dtype=np.int64)

    @classmethod
    def of(cls, batches: Iterable[Batch]) -> Fragments:
        """Those of all batches, as from `clonotrack.raw_reads.fragments`; mates of no base are no mates."""
        found = cls()
        for batch in batches:
            found.add(batch)
        return found

    @property
    def bases(self) -> int:
        """Bases of all fragments, mates included, however often a fragment was read."""
        return int((np.diff(self.table.offsets[: self.rows + 1]) * self.table.counts[: self.rows]).sum())

    def add(self, batch: Batch) -> None:
        """Count the fragments of a batch."""
        reads, mates = batch.reads, batch.mates
        codes, offsets, scores = reads.sequences.codes, reads.sequences.offsets, reads.qualities
        shapes = reads.sequences.lengths * SHAPES + batch.umi_length
        if mates is not None:
            if scores is not None and mates.qualities is not None:
                scores = joined(scores, offsets, mates.qualities, mates.sequences.offsets)[0]
            codes, offsets = joined(codes, offsets, mates.sequences.codes, mates.sequences.offsets)
        self._make_room(len(batch), len(codes))
        groups, new = np.empty(len(batch), dtype=np.int64), np.empty(len(batch), dtype=np.bool_)
        umis = np.zeros(len(batch), dtype=np.uint64) if batch.umis is None else batch.umis
        self.rows = assign(codes, offsets, shapes, umis, self.table, self.rows, groups, new)
        if scores is not None:
            self._raise(scores, offsets, groups)
        names, bounds = select_rows(reads.name_bytes, reads.name_offsets, new)
        before, first = int(self.name_ends[self.rows - len(bounds) + 1]), self.rows - len(bounds) + 2
        self.names = _grown(self.names, before + len(names))
        self.names[before : before + len(names)] = names
        self.name_ends = _grown(self.name_ends, self.rows + 1)
        self.name_ends[first : self.rows + 1] = before + bounds[1:]

    def _make_room(self, fragments: int, bases: int) -> None:
        """Room for a batch of which every fragment is new."""
        rows, table = self.rows + fragments, self.table
        named = ("hashes", "starts", "offsets", "shapes", "umis", "counts")
        by_row = {name: _grown(getattr(table, name), rows + 1) for name in named}
        words = int(table.starts[self.rows]) + bases // BASES_OF_WORD + fragments
        self.table = table = table._replace(words=_grown(table.words, words), **by_row)
        self.scored = _grown(self.scored, rows)
        if 2 * rows > len(table.slots):
            self.table = table._replace(slots=_free(1 << (4 * rows - 1).bit_length()))
            refill(self.table.slots, table.hashes, self.rows)

    def _raise(self, scores: U8, offsets: I64, groups: I64) -> None:
        """Take in the scores of a batch."""
        self.scored[groups] = True
        for number, first in enumerate(range(0, self.rows, ROWS_OF_SLAB)):
            places = self.table.offsets[first : min(first + ROWS_OF_SLAB, self.rows) + 1]
            if number == len(self.slabs):
                self.slabs.append(np.zeros(0, dtype=np.uint8))
            self.slabs[number] = _grown(self.slabs[number], int(places[-1] - places[0]))
            raise_quality(scores, offsets, groups, first, self.slabs[number], places)

    def frame(self) -> pl.DataFrame:
        """All of `frames` in one."""
        return check(pl.concat(self.frames()), SEQUENCES)

    def frames(self, *, forget: bool = False) -> Iterator[pl.DataFrame]:
        """SEQUENCES in the order of first occurrence, part by part: text takes several times the room of arrays.

        `sequence_id` is the name of the first read; where a name is taken it gets the next free number behind it
        (``name.2``). `quality` has the best score of the copies at each base, and is null where no copy had qualities.

        Args:
            forget: give each part once, and then leave the room that it took; how many there are is still known.

        Yields:
            At least one part.
        """
        number, word = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        if forget:
            self.table = self.table._replace(slots=number, hashes=word)
        ends = self.name_ends[: self.rows + 1]
        ids = unique_names(self.names[: ends[-1]], ends)
        for start in range(0, max(1, self.rows), ROWS_AT_ONCE):
            yield self._part(start, min(start + ROWS_AT_ONCE, self.rows), ids)
            if forget and (start + ROWS_AT_ONCE) % ROWS_OF_SLAB == 0 and self.slabs:
                self.slabs[start // ROWS_OF_SLAB] = np.zeros(0, dtype=np.uint8)
        if forget:
            self.table = self.table._replace(words=word, starts=number, umis=word)
            self.slabs, self.names, self.name_ends = [], np.zeros(0, np.uint8), number

    def _part(self, start: int, end: int, ids: pl.Series) -> pl.DataFrame:
        table = self.table
        offsets, shapes = table.offsets[start : end + 1], table.shapes[start:end]
        codes = unpack(table.words, table.starts[start : end + 1], offsets)
        scores = self._scores(start, offsets)
        offsets = offsets - offsets[0]
        middle = offsets[:-1] + shapes // SHAPES
        one, two = (offsets[:-1], middle), (middle, offsets[1:])
        scored = self.scored[start:end]
        columns = {
            "sequence_id": ids[start:end],
            "sequence": letters_of(codes, *one),
            "quality": phred_of(scores, *one, scored),
            "umi": umis_of(table.umis[start:end], shapes % SHAPES),
            "sequence_2": letters_of(codes, *two),
            "quality_2": phred_of(scores, *two, scored),
            "duplicate_count": table.counts[start:end],
        }
        return pl.DataFrame({name: columns[name] for name in SEQUENCES.names}, schema=SEQUENCES.schema())

    def _scores(self, start: int, offsets: I64) -> U8:
        """Scores of successive rows of one slab; zeros where no score came so far."""
        number = start // ROWS_OF_SLAB
        found = np.zeros(int(offsets[-1] - offsets[0]), dtype=np.uint8)
        if number < len(self.slabs):
            before = int(offsets[0] - self.table.offsets[number * ROWS_OF_SLAB])
            part = self.slabs[number][before : before + len(found)]
            found[: len(part)] = part
        return found


def _free(slots: int) -> I64:
    return np.full(slots, -1, dtype=np.int64)


def _grown(array: Array, length: int) -> Array:
    """An array with room for `length`, at least doubled where it had to grow; new places hold zero."""
    if length <= len(array):
        return array
    grown = np.zeros(max(length, 2 * len(array)), dtype=array.dtype)
    grown[: len(array)] = array
    return cast(Array, grown)
