"""Equal sequences are annotated once: in a batch, and as far as memory allows in a whole file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
import polars as pl

from clonotrack.annotate.kernels.recurrence import Kept, find, hash_rows, meet, unite
from clonotrack.kernels.swar import copy_rows
from clonotrack.reads.kernels.dedup import refill
from clonotrack.sequences import I64, U64, Bool, Ragged, offsets_of

# Memory of the rows that are kept [bytes]: some 80,000 reads of 280 nt.
MOST_BYTES = 128 << 20
# Rows that are put with the others in one step.
AT_ONCE = 2048
# Sequences of which it is remembered that they were met.
REMEMBERED = 1 << 20


class _Rows(NamedTuple):
    """Rows with the sequences they are of, and hashes of these."""

    rows: pl.DataFrame
    reads: Ragged
    hashes: U64

    @classmethod
    def joined(cls, parts: Sequence[_Rows]) -> _Rows:
        """All rows, in order."""
        lengths = np.concatenate([part.reads.lengths for part in parts])
        codes = np.concatenate([part.reads.codes for part in parts])
        rows = pl.concat([part.rows for part in parts], rechunk=True)
        return cls(rows, Ragged(codes, offsets_of(lengths)), np.concatenate([part.hashes for part in parts]))

    def taken(self, which: I64) -> _Rows:
        """Some of the rows, with text of their own: those of polars share the text of all others."""
        rows = self.rows[which].with_columns(pl.col(pl.String) + "")
        return _Rows(rows, _taken(self.reads, which), self.hashes[which])

    @property
    def bytes(self) -> int:
        """Memory that they take."""
        return int(self.rows.estimated_size()) + self.reads.codes.nbytes + self.hashes.nbytes


class _Store(NamedTuple):
    """Rows that are kept, a hash table of them, and which of them were asked for."""

    kept: _Rows
    slots: I64
    used: Bool

    @classmethod
    def of(cls, kept: _Rows, used: Bool) -> _Store:
        slots = np.full(1 << (2 * len(used)).bit_length(), -1, dtype=np.int64)
        refill(slots, kept.hashes, len(used))
        return cls(kept, slots, used)

    def joined(self, more: Sequence[_Rows]) -> _Store:
        """With other rows behind these."""
        kept = _Rows.joined([self.kept, *more])
        return _Store.of(kept, np.pad(self.used, (0, len(kept.hashes) - len(self.used))))

    def halved(self) -> _Store:
        """The rows that were used, the later ones where these are more than half of all."""
        which = np.flatnonzero(self.used)
        which = which[max(0, len(which) - len(self.used) // 2) :]
        return _Store.of(self.kept.taken(which), np.zeros(len(which), dtype=np.bool_))

    def find(self, reads: Ragged, hashes: U64, which: I64) -> I64:
        """The row of some reads, -1 for none."""
        kept = Kept(self.kept.reads.codes, self.kept.reads.offsets, self.kept.hashes, self.slots)
        rows = find(reads.codes, reads.offsets, hashes, which, kept)
        self.used[rows[rows >= 0]] = True
        return rows


class Recurrent:
    """Rows of sequences that were met more than once, for the next time.

    Errors make most distinct sequences of a file unique, so that a row is kept from the second time on. What is
    annotated twice is equal: neither what is kept nor the order in which threads come changes a row.
    """

    def __init__(self, annotate: Callable[[Ragged], pl.DataFrame]) -> None:
        """Begin with nothing.

        Args:
            annotate: gives a row for each of distinct sequences, which depends on that sequence alone.
        """
        self._annotate = annotate
        self._seen = np.zeros(REMEMBERED, dtype=np.uint64)
        none = Ragged.from_strings([])
        self._store = _Store.of(_Rows(annotate(none), none, np.zeros(0, np.uint64)), np.zeros(0, dtype=np.bool_))
        self._waiting: list[_Rows] = []
        self._change = Lock()

    @property
    def bytes(self) -> int:
        """Memory of the rows that are kept."""
        return self._store.kept.bytes

    def annotated(self, reads: Ragged) -> pl.DataFrame:
        """A row for each read, in order."""
        store = self._store
        hashes = hash_rows(reads.codes, reads.offsets)
        numbers, first = unite(reads.codes, reads.offsets, hashes)
        rows = store.find(reads, hashes, first)
        known, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        unknown = _taken(reads, first[new])
        called = self._annotate(unknown)
        again = np.zeros(len(first), dtype=np.bool_)
        again[numbers[meet(hashes, self._seen)]] = True
        self._keep(_Rows(called, unknown, hashes[first[new]]).taken(np.flatnonzero(again[new])))
        if len(new) == len(reads):
            return called
        place = np.empty(len(first), dtype=np.int64)
        place[np.concatenate([known, new])] = np.arange(len(first))
        return pl.concat([store.kept.rows[rows[known]], called], rechunk=True)[place[numbers]]

    def _keep(self, found: _Rows) -> None:
        """Keep rows; to be found once there are enough of them."""
        with self._change:
            self._waiting.append(found)
            if sum(len(rows.hashes) for rows in self._waiting) < AT_ONCE:
                return
            self._store = self._store.joined(self._waiting)
            self._waiting = []
            while self.bytes > MOST_BYTES:
                self._store = self._store.halved()


def _taken(reads: Ragged, which: I64) -> Ragged:
    offsets = offsets_of(reads.lengths[which])
    return Ragged(copy_rows(reads.codes, reads.offsets[which], offsets, 0), offsets)
