"""Equal reads put together: each distinct sequence once."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.kernels.collapse import assign, raise_quality, refill
from clonotrack.library.batches import Batch
from clonotrack.sequence import I64, U8, U64, Bool, Ragged
from clonotrack.tables import SEQUENCES, check

ROWS_OF_SLAB = 65536
Array = TypeVar("Array", bound=NDArray[Any])


def collapse(batches: Iterable[Batch]) -> pl.DataFrame:
    """Put equal sequences together.

    Sequences are equal where every base is, on the strand as read; letter case is no difference, and an IUPAC
    ambiguity code is N. What is kept grows with the distinct sequences, not with the reads. Another order of the reads
    changes only the order of the rows and `sequence_id`.

    Args:
        batches: fragments, as from `clonotrack.library.batches`.

    Returns:
        SEQUENCES in the order of first occurrence. `sequence_id` is the name of the first read; where a name is taken
        it gets the next free number behind it (``name.2``). `quality` has the best score of the copies at each base,
        and is null where no copy had qualities.
    """
    distinct = _Distinct()
    for batch in batches:
        distinct.add(batch)
    return check(distinct.frame(), SEQUENCES)


class _Distinct:
    """The distinct sequences so far, in arrays that double when they are full."""

    def __init__(self) -> None:
        self.rows = 0
        self.slots: I64 = np.full(1024, -1, dtype=np.int64)
        self.hashes: U64 = np.empty(0, dtype=np.uint64)
        self.offsets: I64 = np.zeros(1, dtype=np.int64)
        self.codes: U8 = np.empty(0, dtype=np.uint8)
        self.scores: U8 = np.empty(0, dtype=np.uint8)
        self.counts: I64 = np.empty(0, dtype=np.int64)
        self.scored: Bool = np.empty(0, dtype=np.bool_)
        self.names: list[str] = []

    def add(self, batch: Batch) -> None:
        """Count the reads of a batch."""
        self._make_room(len(batch), len(batch.reads.sequences.codes))
        groups: I64 = np.empty(len(batch), dtype=np.int64)
        codes, offsets = batch.reads.sequences.codes, batch.reads.sequences.offsets
        before = self.rows
        self.rows = assign(codes, offsets, self.slots, self.hashes, self.codes, self.offsets, before, groups)
        self.counts[: self.rows] += np.bincount(groups, minlength=self.rows)
        if batch.reads.qualities is not None:
            raise_quality(batch.reads.qualities, offsets, groups, self.scores, self.offsets)
            self.scored[groups] = True
        rows, first = np.unique(groups, return_index=True)
        names = _split(batch.reads.name_bytes, batch.reads.name_offsets)
        self.names += [names[index] for index in first[rows >= before].tolist()]

    def _make_room(self, reads: int, bases: int) -> None:
        """Room for a batch of which every sequence is new."""
        rows = self.rows + reads
        self.hashes = _grown(self.hashes, rows)
        self.counts = _grown(self.counts, rows)
        self.scored = _grown(self.scored, rows)
        self.offsets = _grown(self.offsets, rows + 1)
        self.codes = _grown(self.codes, int(self.offsets[self.rows]) + bases)
        self.scores = _grown(self.scores, int(self.offsets[self.rows]) + bases)
        if 2 * rows > len(self.slots):
            self.slots = np.full(1 << (4 * rows - 1).bit_length(), -1, dtype=np.int64)
            refill(self.slots, self.hashes, self.rows)

    def frame(self) -> pl.DataFrame:
        """SEQUENCES of what was added, made slab by slab: Python's strings take several times the room of arrays."""
        ids = unique_names(self.names)
        starts = range(0, self.rows, ROWS_OF_SLAB)
        return pl.concat(
            [SEQUENCES.empty(), *(self._slab(start, min(start + ROWS_OF_SLAB, self.rows), ids) for start in starts)]
        )

    def _slab(self, start: int, end: int, ids: list[str]) -> pl.DataFrame:
        offsets = self.offsets[start : end + 1] - self.offsets[start]
        part = slice(self.offsets[start], self.offsets[end])
        qualities = zip(_split(self.scores[part] + np.uint8(33), offsets), self.scored[start:end], strict=True)
        columns = {
            "sequence_id": ids[start:end],
            "sequence": Ragged(self.codes[part], offsets).to_strings(),
            "quality": [quality if scored else None for quality, scored in qualities],
            "duplicate_count": self.counts[start:end],
        }
        return pl.DataFrame({name: columns.get(name) for name in SEQUENCES.names}, schema=SEQUENCES.schema())


def unique_names(names: list[str]) -> list[str]:
    """The names, with the next free number behind one that stood before."""
    taken = set(names)
    if len(taken) == len(names):
        return names
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
    return unique


def _split(letters: U8, offsets: I64) -> list[str]:
    text = letters.tobytes().decode("ascii")
    return [text[start:end] for start, end in pairwise(offsets.tolist())]


def _grown(array: Array, length: int) -> Array:
    """An array with room for `length`, at least doubled where it had to grow; new places hold zero."""
    if length <= len(array):
        return array
    grown = np.zeros(max(length, 2 * len(array)), dtype=array.dtype)
    grown[: len(array)] = array
    return cast(Array, grown)
