"""BAM and CRAM files, and standard input that is one: recognised, opened, their faults as sentences.

Mates found by their names, in files of any order, in bounded memory.

Reads from BAM and CRAM, aligned or not: what the same reads as FASTQ would be.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple
from zlib import crc32

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.read_files import STANDARD_INPUT, label, standard_input
from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.raw_reads.chunk import Part, ReadChunk
from clonotrack.sequences import ENCODE, I64, U8, Ragged, offsets_of

_CRAM_END = b"\xe0EOF"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def lines(path: Path, file: Any) -> Iterator[Any]:
    """The lines of an open file.

    Raises:
        InputError: one of them cannot be decoded.
    """
    try:
        yield from file.fetch(until_eof=True)
    except (OSError, ValueError):
        if file.is_cram:
            message = (
                "cannot be decoded: the reference it was written with is not found (set REF_PATH, or write it with "
                "the reference embedded), or the data are damaged"
            )
        else:
            message = "the data are damaged: compare the file's checksum with its source and copy it again"
        raise InputError(label(path), message) from None


@contextmanager
def open_alignments(path: Path, pysam: Any) -> Iterator[Any]:
    """Open a file for pysam to read.

    Raises:
        InputError: it was cut short, or is damaged at its start.
    """
    with ExitStack() as stack:
        if path == STANDARD_INPUT:
            source: Any = stack.enter_context(_piped(standard_input()))
        else:
            source = str(path)
            if _cut_short(path):
                message = "stops before its end mark, so the file was cut short: copy or make it again"
                raise InputError(label(path), message)
        try:
            file = pysam.AlignmentFile(source, "r", check_sq=False, threads=2)
        except (OSError, ValueError):
            raise InputError(label(path), "is damaged at its start: copy or make it again") from None
        try:
            yield file
        finally:
            with suppress(OSError):
                file.close()


def _cut_short(path: Path) -> bool:
    """Whether the block that ends BAM, or the container that ends CRAM, is missing."""
    with path.open("rb") as file:
        cram = file.read(4) == b"CRAM"
        file.seek(max(0, path.stat().st_size - 40))
        end = file.read()
    return _CRAM_END not in end if cram else not end.endswith(_BGZF_END)


def _piped(stream: BinaryIO) -> IO[bytes]:
    """The reading end of a pipe that a thread fills from `stream`, part of which Python has read ahead."""
    source, target = os.pipe()

    def pump() -> None:
        with suppress(BrokenPipeError), open(target, "wb") as pipe:  # noqa: PTH123 (a descriptor, no path)
            while block := stream.read(1 << 16):
                pipe.write(block)

    threading.Thread(target=pump, daemon=True).start()
    return open(source, "rb")  # noqa: PTH123


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


FRAGMENTS_AT_ONCE = 4096
SKIPPED = 0x900
"""Flags of secondary and supplementary alignments, which repeat a read."""
PAIRED, UNMAPPED, REVERSE, FIRST = 0x1, 0x4, 0x10, 0x40
HARD_CLIP = 5


def read_alignments(
    path: Path, *, tag: str | None = None, qualities_needed: bool = False, most_waiting: int = MOST_WAITING
) -> Iterator[Part]:
    """Reads and pairs of a BAM or CRAM file, on the strand as read; secondary and supplementary lines left out.

    Single reads and pairs may stand side by side: each part holds one kind. Pairs are found by name; where many wait
    for their mates, as in a file sorted by place, they wait in temporary files.

    Args:
        path: the file; ``-`` is standard input.
        tag: whose text is handed on, as RX.
        qualities_needed: refuse reads without qualities; those of pairs are always needed.
        most_waiting: reads that wait in memory for their mates; more do in temporary files.

    Raises:
        InputError: the file is damaged or cut short, has no sequences, or the mates of pairs are not all there; CRAM
            whose reference is not found.
    """
    import pysam  # noqa: PLC0415 (heavy, and needed for these files only)

    before = pysam.set_verbosity(0)
    mates = Mates(most_waiting)
    try:
        with open_alignments(path, pysam) as file:
            yield from _parts(path, file, mates, tag, qualities_needed=qualities_needed)
    except Unmatched as error:
        message = (
            f"read {error.read.name!r} is mate {error.read.mate} of a pair, and the other mate is not there: give the "
            "whole file"
        )
        raise InputError(label(path), message) from None
    finally:
        mates.close()
        pysam.set_verbosity(before)


def _parts(path: Path, file: Any, mates: Mates, tag: str | None, *, qualities_needed: bool) -> Iterator[Part]:
    singles: list[tuple[Read, ...]] = []
    pairs: list[tuple[Read, ...]] = []
    clipped = done = 0

    def part(fragments: list[tuple[Read, ...]]) -> Part:
        nonlocal clipped, done
        told = _part(path, fragments, tag, done + 1, clipped, qualities_needed=qualities_needed)
        clipped, done = 0, done + len(fragments)
        fragments.clear()
        return told

    for record, line in enumerate(lines(path, file), start=1):
        flag = line.flag
        if flag & SKIPPED:
            continue
        if not flag & UNMAPPED and any(op == HARD_CLIP for op, _ in line.cigartuples or ()):
            clipped += 1
        read = _read(path, record, line, tag)
        if not flag & PAIRED:
            singles.append((read,))
        elif pair := mates.add(read):
            pairs.append(pair)
        for full in (fragments for fragments in (singles, pairs) if len(fragments) == FRAGMENTS_AT_ONCE):
            yield part(full)
    for pair in mates.rest():
        pairs.append(pair)
        if len(pairs) == FRAGMENTS_AT_ONCE:
            yield part(pairs)
    if not (done or singles or pairs):
        raise InputError(label(path), "is empty: give a file with reads")
    for fragments in (singles, pairs):
        if fragments:
            yield part(fragments)


def _read(path: Path, record: int, line: Any, tag: str | None) -> Read:
    sequence = line.query_sequence
    if sequence is None:
        raise InputError(label(path), "has no sequence (SEQ is *): give a file that holds the reads", record=record)
    scores = line.query_qualities
    text = str(line.get_tag(tag)) if tag and line.has_tag(tag) else ""
    mate = 0 if not line.flag & PAIRED else 1 if line.flag & FIRST else 2
    values = b"" if scores is None else scores.tobytes()
    return Read(line.query_name, sequence, values, bool(line.flag & REVERSE), mate, text)


def _part(
    path: Path, fragments: list[tuple[Read, ...]], tag: str | None, first: int, clipped: int, *, qualities_needed: bool
) -> Part:
    columns = list(zip(*fragments, strict=True))
    chunks = [_chunk(path, column, first, needed=qualities_needed or len(columns) > 1) for column in columns]
    mates = chunks[1] if len(chunks) > 1 else None
    if tag is None:
        return Part(chunks[0], mates, hard_clipped=clipped)
    texts = [next((read.tag for read in reads if read.tag), "") for reads in fragments]
    return Part(chunks[0], mates, *_joined(texts), clipped)


def _chunk(path: Path, reads: tuple[Read, ...], first: int, *, needed: bool) -> ReadChunk:
    text, offsets = _joined([read.sequence for read in reads])
    if (text == ord("=")).any():
        message = "has bases written as =, which only the reference tells: write the bases (samtools calmd without -e)"
        raise InputError(label(path), message)
    codes = ENCODE[text]
    scores: U8 | None = np.frombuffer(b"".join(read.scores for read in reads), dtype=np.uint8)
    if len(codes) != (0 if scores is None else len(scores)):
        if needed:
            raise InputError(
                label(path), "has reads without base qualities, which are needed here: give a file with them"
            )
        scores = None
    reverse = np.array([read.reverse for read in reads], dtype=np.bool_)
    bases, qualities = reverse_complement_rows(
        codes, np.zeros_like(codes) if scores is None else scores, offsets, reverse
    )
    names = _joined([read.name for read in reads])
    return ReadChunk.of(Ragged(bases, offsets), None if scores is None else qualities, *names, first)


def _joined(texts: list[str]) -> tuple[U8, I64]:
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8), offsets_of([len(text) for text in texts])
