"""A lane: one file of reads, or two files of mates, read together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clonotrack.errors import InputError
from clonotrack.io.reads import ReadChunk, read_chunks
from clonotrack.io.streams import label
from clonotrack.kernels.names import disagreement
from clonotrack.sequence import Ragged


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the reads of a tube, or a part of them, stand.

    Attributes:
        reads_1: the file of reads, of the first mates where there are two files; ``-`` is standard input.
        reads_2: the file of the second mates.
    """

    reads_1: Path
    reads_2: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The one or two files."""
        return [self.reads_1] if self.reads_2 is None else [self.reads_1, self.reads_2]


def read_lane(lane: Lane, *, qualities_needed: bool = False) -> Iterator[tuple[ReadChunk, ReadChunk | None]]:
    """Successive reads of a lane, with their mates where it has them.

    Raises:
        InputError: see `clonotrack.io.reads.read_chunks`; or the two files do not hold the mates of each other, record
            by record.
    """
    if lane.reads_2 is None:
        yield from ((chunk, None) for chunk in read_chunks(lane.reads_1, qualities_needed=qualities_needed))
        return
    yield from _pairs(lane, lane.reads_2, qualities_needed=qualities_needed)


def _pairs(lane: Lane, second: Path, *, qualities_needed: bool) -> Iterator[tuple[ReadChunk, ReadChunk]]:
    paths = lane.reads_1, second
    if label(paths[0]) == label(paths[1]):
        raise InputError(label(second), "is given for both mates: name the two files, or give one alone")
    streams = tuple(read_chunks(path, qualities_needed=qualities_needed) for path in paths)
    left: list[ReadChunk | None] = [None, None]
    while True:
        chunks = [rest if rest is not None else next(stream, None) for rest, stream in zip(left, streams, strict=True)]
        one, two = chunks
        if one is None or two is None:
            if one is not None or two is not None:
                _unequal(paths, one, two)
            return
        count = min(len(one), len(two))
        pair = part(one, 0, count), part(two, 0, count)
        _same_names(paths, *pair)
        yield pair
        left = [part(chunk, count, len(chunk)) if len(chunk) > count else None for chunk in (one, two)]


def part(chunk: ReadChunk, start: int, end: int) -> ReadChunk:
    """Successive reads of a chunk, without a copy."""
    if (start, end) == (0, len(chunk)):
        return chunk
    offsets, names = chunk.sequences.offsets[start : end + 1], chunk.name_offsets[start : end + 1]
    bases = slice(offsets[0], offsets[-1])
    return ReadChunk(
        Ragged(chunk.sequences.codes[bases], offsets - offsets[0]),
        None if chunk.qualities is None else chunk.qualities[bases],
        chunk.name_bytes[names[0] : names[-1]],
        names - names[0],
        chunk.first_record + start,
    )


def _same_names(paths: tuple[Path, Path], one: ReadChunk, two: ReadChunk) -> None:
    index = disagreement(one.name_bytes, one.name_offsets, two.name_bytes, two.name_offsets)
    if index < 0:
        return
    message = (
        f"is named {one.name(index)!r} and the same record of {label(paths[1])} {two.name(index)!r}, so they are no "
        "mates: give two files with the mates in the same order"
    )
    raise InputError(label(paths[0]), message, record=one.first_record + index)


def _unequal(paths: tuple[Path, Path], one: ReadChunk | None, two: ReadChunk | None) -> None:
    longer, shorter = (0, 1) if one is not None else (1, 0)
    rest = one or two
    assert rest is not None
    message = f"has no mate, {label(paths[shorter])} ends before it: give two files with as many records"
    raise InputError(label(paths[longer]), message, record=rest.first_record)
