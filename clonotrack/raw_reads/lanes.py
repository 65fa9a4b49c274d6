"""A lane: one file of reads, or two files of mates, read together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clonotrack.errors import InputError
from clonotrack.io.read_files import Lane, is_alignment, label
from clonotrack.raw_reads.bam import read_alignments
from clonotrack.raw_reads.chunk import Part, ReadChunk
from clonotrack.raw_reads.fastx import read_chunks
from clonotrack.raw_reads.kernels.fastx import disagreement

PAIRS_AHEAD_BYTES = 16 << 20
"""Of each file of mates: what is done with pairs takes longer than reading them, so that what waits is full."""


def read_lane(lane: Lane, *, tag: str | None = None, qualities_needed: bool = False) -> Iterator[Part]:
    """Successive fragments of a lane.

    Args:
        lane: FASTQ, of mates too; FASTA; or BAM or CRAM, which hold both mates.
        tag: of BAM and CRAM, whose text is handed on.
        qualities_needed: refuse reads without qualities.

    Raises:
        InputError: see `fastx.read_chunks` and `bam.read_alignments`; or the two
            files do not hold the mates of each other, record by record.
    """
    for path in lane.files:
        if is_alignment(path):
            if lane.reads_2 is not None:
                raise InputError(label(path), "is BAM or CRAM, which holds both mates: give it alone")
            yield from read_alignments(path, tag=tag, qualities_needed=qualities_needed)
            return
    if lane.reads_2 is None:
        yield from map(Part, read_chunks(lane.reads_1, qualities_needed=qualities_needed))
    else:
        yield from _pairs(lane, lane.reads_2, qualities_needed=qualities_needed)


def _pairs(lane: Lane, second: Path, *, qualities_needed: bool) -> Iterator[Part]:
    paths = lane.reads_1, second
    if label(paths[0]) == label(paths[1]):
        raise InputError(label(second), "is given for both mates: name the two files, or give one alone")
    streams = tuple(
        read_chunks(path, ahead_bytes=PAIRS_AHEAD_BYTES, qualities_needed=qualities_needed) for path in paths
    )
    left: list[ReadChunk | None] = [None, None]
    while True:
        chunks = [rest if rest is not None else next(stream, None) for rest, stream in zip(left, streams, strict=True)]
        one, two = chunks
        if one is None or two is None:
            if one is not None or two is not None:
                _unequal(paths, one, two)
            return
        for path, chunk in zip(paths, (one, two), strict=True):
            if chunk.quality_starts is None:
                raise InputError(label(path), "is FASTA, and mates are merged by their qualities: give FASTQ")
        count = min(len(one), len(two))
        pair = one.part(0, count), two.part(0, count)
        _same_names(paths, *pair)
        yield Part(*pair)
        left = [chunk.part(count, len(chunk)) if len(chunk) > count else None for chunk in (one, two)]


def _same_names(paths: tuple[Path, Path], one: ReadChunk, two: ReadChunk) -> None:
    index = disagreement(one.text, one.names, two.text, two.names)
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
