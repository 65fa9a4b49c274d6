"""Read the fragments of a lane: one file of reads, or one file of first mates and one of second mates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clonotrack.errors import InputError
from clonotrack.io.read_files import Lane, is_alignment, label
from clonotrack.raw_reads.bam import read_alignments
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.raw_reads.kernels.fastx import first_name_mismatch

PAIRS_AHEAD_BYTES = 16 << 20
"""Most decompressed bytes of each file of mates that wait to be parsed.

Merging is slower than decompression, so this limit is usually reached; a higher one would only take more memory.
"""


def read_lane(lane: Lane, *, tag: str | None = None, qualities_needed: bool = False) -> Iterator[FragmentBatch]:
    """Read the fragments of a lane in batches, in the order of the files.

    Args:
        lane: one file of FASTQ, FASTA, BAM or CRAM, or two files of FASTQ with mates.
        tag: SAM tag of BAM and CRAM whose text is returned with the fragments; None for no tag.
        qualities_needed: raise an error for reads without qualities.

    Raises:
        InputError: `read_fastx` or `read_alignments` cannot read a file, or the same record of the two files does not
            contain the mates of one fragment.
    """
    for path in lane.files:
        if is_alignment(path):
            if lane.reads_2 is not None:
                message = "is BAM or CRAM, which contains both mates: give it alone, without a second file"
                raise InputError(label(path), message)
            yield from read_alignments(path, tag=tag, qualities_needed=qualities_needed)
            return
    if lane.reads_2 is None:
        yield from map(FragmentBatch, read_fastx(lane.reads_1, qualities_needed=qualities_needed))
    else:
        yield from _pairs((lane.reads_1, lane.reads_2), qualities_needed=qualities_needed)


def _pairs(paths: tuple[Path, Path], *, qualities_needed: bool) -> Iterator[FragmentBatch]:
    if label(paths[0]) == label(paths[1]):
        message = "is given for both mates: give two files with mates, or one file of single reads"
        raise InputError(label(paths[1]), message)
    files = tuple(read_fastx(path, ahead_bytes=PAIRS_AHEAD_BYTES, qualities_needed=qualities_needed) for path in paths)
    rests: list[ReadBatch | None] = [None, None]
    while True:
        one, two = (rest if rest is not None else next(file, None) for rest, file in zip(rests, files, strict=True))
        if one is None or two is None:
            if one is not None or two is not None:
                _refuse_unequal(paths, one, two)
            return
        for path, batch in zip(paths, (one, two), strict=True):
            if batch.quality_starts is None:
                raise InputError(label(path), "is FASTA, and mates are merged by their qualities: give FASTQ")
        count = min(len(one), len(two))
        reads, mates = one.span(0, count), two.span(0, count)
        _check_names(paths, reads, mates)
        yield FragmentBatch(reads, mates)
        rests = [batch.span(count, len(batch)) if len(batch) > count else None for batch in (one, two)]


def _check_names(paths: tuple[Path, Path], reads: ReadBatch, mates: ReadBatch) -> None:
    index = first_name_mismatch(reads.text, reads.name_starts, mates.text, mates.name_starts)
    if index < 0:
        return
    message = (
        f"is named {reads.name(index)!r} and the same record of {label(paths[1])} {mates.name(index)!r}, so they are "
        "not mates: give two files with the mates in the same order"
    )
    raise InputError(label(paths[0]), message, record=reads.first_record + index)


def _refuse_unequal(paths: tuple[Path, Path], one: ReadBatch | None, two: ReadBatch | None) -> None:
    """Raise an error for the first record without a mate.

    Args:
        paths: files of first mates and of second mates.
        one: unpaired first mates; None if the file of first mates has ended.
        two: unpaired second mates; None if the file of second mates has ended.
    """
    longer, shorter = (0, 1) if one is not None else (1, 0)
    rest = one or two
    assert rest is not None
    message = f"has no mate, because {label(paths[shorter])} ends earlier: give two files with equal numbers of records"
    raise InputError(label(paths[longer]), message, record=rest.first_record)
