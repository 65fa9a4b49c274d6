"""Mates found by their names, in files of any order, in bounded memory."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

MOST_WAITING = 200_000
"""Reads that wait in memory for their mates; more are put aside in temporary files."""
FOLDERS = 64


class Read(NamedTuple):
    """One read of an alignment file, as the file has it; `scores` is empty where there are none."""

    name: str
    sequence: str
    scores: bytes
    reverse: bool
    mate: int
    tag: str


class Unmatched(Exception):  # noqa: N818 (no error of the user's: the caller words it)
    """A read whose mate is not there, or is there twice."""

    def __init__(self, read: Read) -> None:
        self.read = read


class Mates:
    """Reads that wait for their mates.

    Those of a file sorted by name wait for a moment; in one sorted by place most may wait until its end.

    Attributes:
        spilled: whether reads were put aside.
    """

    def __init__(self, most_waiting: int) -> None:
        self._waiting: dict[str, Read] = {}
        self._most = most_waiting
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def spilled(self) -> bool:
        """Whether reads were put aside."""
        return self._folder is not None

    def add(self, read: Read) -> tuple[Read, Read] | None:
        """The pair that `read` completes, first mate first; None while its mate is not seen.

        Raises:
            Unmatched: this mate of that name waits already.
        """
        pair = _matched(self._waiting, read)
        if len(self._waiting) >= self._most:
            self._put_aside()
        return pair

    def rest(self) -> Iterator[tuple[Read, Read]]:
        """The pairs among what was put aside.

        Raises:
            Unmatched: a read has no mate.
        """
        if self._folder is None:
            _none_left(self._waiting)
            return
        self._put_aside()
        for path in sorted(Path(self._folder.name).iterdir()):
            waiting: dict[str, Read] = {}
            for read in _stored(path):
                pair = _matched(waiting, read)
                if pair:
                    yield pair
            _none_left(waiting)

    def close(self) -> None:
        """Remove the temporary files."""
        if self._folder is not None:
            self._folder.cleanup()

    def _put_aside(self) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="clonotrack-")
        parts: dict[int, list[Read]] = {}
        for read in self._waiting.values():
            parts.setdefault(crc32(read.name.encode()) % FOLDERS, []).append(read)
        for part, reads in parts.items():
            with (Path(self._folder.name) / f"{part:02}").open("ab") as file:
                pickle.dump([tuple(read) for read in reads], file, protocol=pickle.HIGHEST_PROTOCOL)
        self._waiting.clear()


def _matched(waiting: dict[str, Read], read: Read) -> tuple[Read, Read] | None:
    other = waiting.pop(read.name, None)
    if other is None:
        waiting[read.name] = read
        return None
    if other.mate == read.mate:
        raise Unmatched(read)
    return (other, read) if other.mate == 1 else (read, other)


def _none_left(waiting: dict[str, Read]) -> None:
    for read in waiting.values():
        raise Unmatched(read)


def _stored(path: Path) -> Iterator[Read]:
    with path.open("rb") as file:
        while file.peek(1):  # a block for each time that reads were put aside
            for values in pickle.load(file):
                yield Read(*values)
