"""Read BAM and CRAM files, aligned or not; the fragments are the same as from a FASTQ file of the same reads.

Mates are paired by name, in any order of the file and in bounded memory.

METHOD: a read waits in memory until its mate is read. When `MAX_WAITING` reads wait, they are written to a temporary
BAM file. At the end ``samtools collate`` brings the mates in this file together. To collate every whole file instead
would take 0.6 to 2.2 s more processor time for 600,000 reads (1.9 s without), need a temporary copy of the file, and
change the order of single reads.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeAlias

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.read_files import STANDARD_INPUT, label, standard_input
from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.sequences import ENCODE, I64, U8, Ragged, offsets_of

BATCH_FRAGMENTS = 4096
"""Fragments in a batch."""
MAX_WAITING = 100_000
"""Number of reads waiting for their mates in memory at which all of them are written to a temporary file."""

SECONDARY_OR_SUPPLEMENTARY = 0x900
"""Flags of alignments that repeat a read."""
PAIRED, UNMAPPED, REVERSE, FIRST_MATE = 0x1, 0x4, 0x10, 0x40

_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_CRAM_END = b"\xe0EOF"

Alignment: TypeAlias = Any
"""A ``pysam.AlignedSegment``; pysam has no types and is imported only when it is needed."""


def read_alignments(
    path: Path, *, tag: str | None = None, qualities_needed: bool = False, max_waiting: int = MAX_WAITING
) -> Iterator[FragmentBatch]:
    """Read the single reads and pairs of a BAM or CRAM file, on the strand that was sequenced.

    Secondary and supplementary alignments are left out. A file may contain single reads and pairs; each batch contains
    one kind.

    Args:
        path: the input file; ``-`` is standard input.
        tag: SAM tag whose text is returned, such as RX; None for no tag. For a pair, the tag of the first mate is used,
            or that of the second if the first has none.
        qualities_needed: raise an error for single reads without base qualities. Pairs always need qualities.
        max_waiting: number of reads waiting for their mates in memory at which they are written to a temporary file.

    Raises:
        InputError: the file is damaged or truncated, has no sequences, or lacks the mate of a read; or the reference
            that a CRAM file needs is not found.
    """
    import pysam  # noqa: PLC0415 (heavy, and needed for these files only)

    verbosity = pysam.set_verbosity(0)
    try:
        with _open(path, pysam) as file, closing(_Mates(path, file, max_waiting, pysam)) as mates:
            fragments = _Fragments(path, tag, qualities_needed=qualities_needed)
            yield from _batches(path, _alignments(path, file), mates, fragments)
    finally:
        pysam.set_verbosity(verbosity)


def _batches(
    path: Path, alignments: Iterator[Alignment], mates: _Mates, fragments: _Fragments
) -> Iterator[FragmentBatch]:
    for record, alignment in enumerate(alignments, start=1):
        flag = alignment.flag
        if flag & SECONDARY_OR_SUPPLEMENTARY:
            continue
        if not flag & UNMAPPED and "H" in (alignment.cigarstring or ""):
            fragments.hard_clipped += 1
        if not alignment.query_length:
            message = "has no sequence (SEQ is *): give a file that contains the reads"
            raise InputError(label(path), message, record=record)
        name = alignment.query_name
        fragment = mates.add(name, alignment) if flag & PAIRED else (alignment,)
        if fragment and fragments.add(name, fragment) == BATCH_FRAGMENTS:
            yield from fragments.batches(BATCH_FRAGMENTS)
    for name, pair in mates.collated():
        if fragments.add(name, pair) == BATCH_FRAGMENTS:
            yield from fragments.batches(BATCH_FRAGMENTS)
    yield from fragments.batches(1)
    if not fragments.done:
        raise InputError(label(path), "is empty: give a file with reads")


class _Mates:
    """Pairs the alignments of a file by read name."""

    def __init__(self, path: Path, file: Any, max_waiting: int, pysam: Any) -> None:
        """Start without alignments.

        Args:
            path: path of the file, which error messages name.
            file: the open file, whose header the temporary file gets.
            max_waiting: number of alignments waiting in memory at which they are written to the temporary file.
            pysam: the module pysam.
        """
        self._path, self._header, self._max_waiting, self._pysam = path, file.header, max_waiting, pysam
        self._waiting: dict[str, Alignment] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._spilled: Any = None

    def close(self) -> None:
        """Remove the temporary files."""
        if self._folder is not None:
            with suppress(OSError):
                self._spilled.close()
            self._folder.cleanup()

    def add(self, name: str, alignment: Alignment) -> tuple[Alignment, Alignment] | None:
        """Add an alignment; return the pair that it completes, first mate first, or None if its mate is still missing.

        Raises:
            InputError: the file has the same mate twice.
        """
        other = self._waiting.pop(name, None)
        if other is not None:
            return self._pair(other, alignment)
        self._waiting[name] = alignment
        if len(self._waiting) >= self._max_waiting:
            self._spill()
        return None

    def collated(self) -> Iterator[tuple[str, tuple[Alignment, Alignment]]]:
        """Yield the name and the pair of the alignments that were written to a temporary file.

        Raises:
            InputError: an alignment has no mate.
        """
        if self._folder is not None:
            self._spill()
            folder = self._folder.name
            with self._storage_faults():
                self._spilled.close()
                self._pysam.collate("-u", "-o", f"{folder}/collated", f"{folder}/waiting", f"{folder}/part")
            with self._pysam.AlignmentFile(f"{folder}/collated", "rb", check_sq=False) as file:
                for alignment in file.fetch(until_eof=True):
                    name = alignment.query_name
                    other = self._waiting.pop(name, None)
                    if other is not None:
                        yield name, self._pair(other, alignment)
                        continue
                    self._refuse(self._waiting.values())
                    self._waiting[name] = alignment
        self._refuse(self._waiting.values())

    def _pair(self, one: Alignment, two: Alignment) -> tuple[Alignment, Alignment]:
        first = one.flag & FIRST_MATE
        if first == two.flag & FIRST_MATE:
            self._refuse([two])
        return (one, two) if first else (two, one)

    def _refuse(self, alignments: Iterable[Alignment]) -> None:
        """Raise an error for the first of some alignments without a mate; do nothing if there is none."""
        for alignment in alignments:
            mate = 1 if alignment.flag & FIRST_MATE else 2
            message = (
                f"read {alignment.query_name!r} is mate {mate} of a pair, and the file lacks the other mate: give a "
                "file with both mates of each pair"
            )
            raise InputError(label(self._path), message)

    def _spill(self) -> None:
        """Move the alignments that wait to the temporary file."""
        with self._storage_faults():
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="clonotrack-")
                path = f"{self._folder.name}/waiting"
                self._spilled = self._pysam.AlignmentFile(path, "wbu", header=self._header)
            for alignment in self._waiting.values():
                self._spilled.write(alignment)
        self._waiting.clear()

    @contextmanager
    def _storage_faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, self._pysam.SamtoolsError):
            message = (
                f"its mates lie far apart and cannot be collated in {tempfile.gettempdir()}: free space there, or set "
                "TMPDIR to a folder with twice the space of the decompressed file"
            )
            raise InputError(label(self._path), message) from None


class _Fragments:
    """Collects decoded single reads and pairs, on the strand that was sequenced, until they fill a batch.

    Attributes:
        done: number of fragments returned in batches so far.
        hard_clipped: number of reads with hard clips since the last batch.
    """

    def __init__(self, path: Path, tag: str | None, *, qualities_needed: bool) -> None:
        self._path, self._tag, self._qualities_needed = path, tag, qualities_needed
        self._singles: tuple[_Reads, ...] = (_Reads(),)
        self._pairs: tuple[_Reads, ...] = (_Reads(), _Reads())
        self.done = self.hard_clipped = 0

    def add(self, name: str, mates: tuple[Alignment, ...]) -> int:
        """Decode a single read or the two mates of a pair.

        Returns:
            Number of single reads that wait for a batch; for a pair, the number of pairs that wait.
        """
        columns = self._singles if len(mates) == 1 else self._pairs
        for reads, alignment in zip(columns, mates, strict=True):
            reads.add(name, alignment, self._tag)
        return len(columns[0].names)

    def batches(self, size: int) -> Iterator[FragmentBatch]:
        """Yield a batch of all waiting single reads if at least `size` wait, and likewise one of all waiting pairs.

        Raises:
            InputError: bases or qualities are missing.
        """
        if len(self._singles[0].names) >= size:
            yield self._batch(self._singles)
            self._singles = (_Reads(),)
        if len(self._pairs[0].names) >= size:
            yield self._batch(self._pairs)
            self._pairs = (_Reads(), _Reads())

    def _batch(self, mates: tuple[_Reads, ...]) -> FragmentBatch:
        needed = self._qualities_needed or len(mates) > 1
        batches = [reads.batch(self._path, self.done + 1, qualities_needed=needed) for reads in mates]
        hard_clipped, self.hard_clipped = self.hard_clipped, 0
        self.done += len(mates[0].names)
        batch = FragmentBatch(batches[0], batches[1] if len(batches) > 1 else None, hard_clipped=hard_clipped)
        if self._tag is None:
            return batch
        tags = (next(filter(None, texts), "") for texts in zip(*(reads.tags for reads in mates), strict=True))
        tag_bytes, tag_offsets = _concatenated(list(tags))
        return replace(batch, tag_bytes=tag_bytes, tag_offsets=tag_offsets)


class _Reads:
    """Decoded reads, all single reads, all first or all second mates, on the strand of the reference as in the file.

    Attributes:
        names: name of each read.
        tags: text of the SAM tag of each read; an empty text for a read without the tag. The list is empty if no tag is
            asked for.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.tags: list[str] = []
        self._sequences: list[str] = []
        self._scores: list[bytes] = []
        self._reverse: list[bool] = []

    def add(self, name: str, alignment: Alignment, tag: str | None) -> None:
        """Decode an alignment and keep its bases, scores, name and tag.

        Alignments are decoded one by one as they are read, because their memory is then still in the processor's cache.
        """
        scores = alignment.query_qualities
        self.names.append(name)
        self._sequences.append(alignment.query_sequence)
        self._scores.append(b"" if scores is None else scores.tobytes())
        self._reverse.append(bool(alignment.flag & REVERSE))
        if tag is not None:
            self.tags.append(str(alignment.get_tag(tag)) if alignment.has_tag(tag) else "")

    def batch(self, path: Path, first_record: int, *, qualities_needed: bool) -> ReadBatch:
        """Return all reads on the strand that was sequenced.

        Args:
            path: path of the file, which error messages name.
            first_record: record number (1-based) of the first read.
            qualities_needed: raise an error if a read has no qualities.

        Raises:
            InputError: bases or qualities are missing.
        """
        text, offsets = _concatenated(self._sequences)
        if (text == ord("=")).any():
            message = (
                "has bases written as =, which only the reference can resolve: write the bases with samtools calmd "
                "without -e"
            )
            raise InputError(label(path), message)
        codes = ENCODE[text]
        scores = b"".join(self._scores)
        complete = len(scores) == len(codes)
        if qualities_needed and not complete:
            message = "has reads without base qualities, which are needed here: give a file with base qualities"
            raise InputError(label(path), message)
        qualities: U8 = np.frombuffer(scores, dtype=np.uint8) if complete else np.zeros_like(codes)
        reverse = np.array(self._reverse, dtype=np.bool_)
        bases, qualities = reverse_complement_rows(codes, qualities, offsets, reverse)
        names = _concatenated(self.names)
        return ReadBatch.from_arrays(Ragged(bases, offsets), qualities if complete else None, *names, first_record)


def _concatenated(texts: list[str]) -> tuple[U8, I64]:
    """Return the concatenated ASCII characters of n texts, and the offsets of the texts, shape (n + 1,)."""
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8), offsets_of([len(text) for text in texts])


def _alignments(path: Path, file: Any) -> Iterator[Alignment]:
    """Yield all alignments of an open file.

    Raises:
        InputError: an alignment cannot be decoded.
    """
    try:
        yield from file.fetch(until_eof=True)
    except (OSError, ValueError):
        if file.is_cram:
            message = (
                "cannot be decoded: the reference it was written with is not found, or the data are damaged; set "
                "REF_PATH, or write the file with the reference embedded"
            )
        else:
            message = "the data are damaged: compare the file's checksum with its source and copy it again"
        raise InputError(label(path), message) from None


@contextmanager
def _open(path: Path, pysam: Any) -> Iterator[Any]:
    """Open a file, or standard input, with pysam.

    Raises:
        InputError: the file is truncated, or damaged at its start.
    """
    with ExitStack() as stack:
        if path == STANDARD_INPUT:
            source: Any = stack.enter_context(_pipe_from(standard_input()))
        else:
            source = str(path)
            if _is_truncated(path):
                message = "stops before its end mark, so the file was cut short: copy it again from its source"
                raise InputError(label(path), message)
        try:
            file = pysam.AlignmentFile(source, "r", check_sq=False, threads=2)
        except (OSError, ValueError):
            message = "is damaged at its start, so its header cannot be read: copy the file again from its source"
            raise InputError(label(path), message) from None
        try:
            yield file
        finally:
            with suppress(OSError):
                file.close()


def _is_truncated(path: Path) -> bool:
    """Check whether a file lacks its end mark: the empty block that ends BAM, or the container that ends CRAM."""
    with path.open("rb") as file:
        cram = file.read(4) == b"CRAM"
        file.seek(max(0, path.stat().st_size - 40))
        end = file.read()
    return _CRAM_END not in end if cram else not end.endswith(_BGZF_END)


def _pipe_from(stream: BinaryIO) -> IO[bytes]:
    """Return the reading end of a pipe that a thread fills from `stream`.

    pysam needs a file descriptor. The descriptor of standard input lacks the bytes that Python has already buffered.
    """
    source, target = os.pipe()

    def pump() -> None:
        with suppress(BrokenPipeError), open(target, "wb") as pipe:  # noqa: PTH123 (a descriptor, no path)
            while block := stream.read(1 << 16):
                pipe.write(block)

    threading.Thread(target=pump, daemon=True).start()
    return open(source, "rb")  # noqa: PTH123
