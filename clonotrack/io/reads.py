"""Reads from FASTQ and FASTA files, in chunks of bounded memory.

What is read does not depend on the size of a chunk, on line ends, compression or letter case. Every fault of a file is
an `InputError` with its record, found whether or not a read would be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.fastq import fault_sentence, foreign_format
from clonotrack.io.streams import fill, label, open_bytes
from clonotrack.kernels import fasta, fastq
from clonotrack.kernels.selection import select
from clonotrack.sequence import I64, U8, Bool, Ragged

LONGEST_RECORD = 2**30


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """Some successive reads of a file.

    Attributes:
        sequences: bases, strand as read; IUPAC ambiguity codes are N.
        qualities: Phred scores, at the offsets of `sequences`; None for FASTA.
        name_bytes: the first words of the headers, one after the other.
        name_offsets: name i is ``name_bytes[name_offsets[i]:name_offsets[i + 1]]``.
        first_record: number of the first record that the chunk was read from, 1-based.
    """

    sequences: Ragged
    qualities: U8 | None
    name_bytes: U8
    name_offsets: I64
    first_record: int

    def __len__(self) -> int:
        return len(self.sequences)

    def name(self, index: int) -> str:
        """First word of the header of read `index`."""
        return self.name_bytes[self.name_offsets[index] : self.name_offsets[index + 1]].tobytes().decode("ascii")

    def select(self, keep: Bool) -> ReadChunk:
        """The reads where `keep` is set; the chunk itself where that is all of them."""
        if keep.all():
            return self
        codes, offsets = select(self.sequences.codes, self.sequences.offsets, keep)
        qualities = None if self.qualities is None else select(self.qualities, self.sequences.offsets, keep)[0]
        names = select(self.name_bytes, self.name_offsets, keep)
        return ReadChunk(Ragged(codes, offsets), qualities, *names, self.first_record)


def read_chunks(
    path: str | Path, *, chunk_bytes: int = 1_000_000, qualities_needed: bool = False
) -> Iterator[ReadChunk]:
    """Read a file of FASTQ or FASTA, plain or gzip, in chunks.

    Args:
        path: the file; ``-`` is standard input. Format and compression show themselves by their first bytes.
        chunk_bytes: text that is held at a time; a longer record makes it grow.
        qualities_needed: refuse FASTA.

    Yields:
        Chunks of at least one read, in the order of the file.

    Raises:
        InputError: the file is missing, empty, damaged, or one of its records is malformed.
    """
    path = Path(path)
    with open_bytes(path) as stream:
        buffer: U8 = np.empty(chunk_bytes + 1, dtype=np.uint8)
        size, records, is_fasta = 0, 0, False
        while True:
            end = fill(stream, buffer[:-1], size)
            final = end < len(buffer) - 1
            if not records and not size:
                is_fasta = _is_fasta(path, buffer[:end], qualities_needed=qualities_needed)
            size = _closed(buffer, end) if final else end
            chunk, consumed, fault = _parse(buffer, size, records, final=final, is_fasta=is_fasta)
            if fault != fastq.OK:
                _drain(stream, buffer)
                sentence = fault_sentence(fault, buffer[consumed:size], fasta=is_fasta)
                raise InputError(label(path), sentence, record=records + len(chunk) + 1)
            records += len(chunk)
            if len(chunk):
                yield chunk
            if final:
                return
            size -= consumed
            buffer = _moved(path, buffer, consumed, size, records)


def _is_fasta(path: Path, text: U8, *, qualities_needed: bool) -> bool:
    start = text[:8].tobytes()
    if not start:
        raise InputError(label(path), "is empty: give a file with reads")
    if foreign := foreign_format(start):
        raise InputError(label(path), foreign)
    if start[:1] == b">" and qualities_needed:
        raise InputError(
            label(path), "is FASTA, and base qualities are needed here: give FASTQ, or set reads.max_error_rate to 1"
        )
    return start[:1] == b">"


def _closed(buffer: U8, end: int) -> int:
    """End the last line of a file with the line feed that it may lack."""
    if not end or buffer[end - 1] == fastq.LINE_FEED:
        return end
    buffer[end] = fastq.LINE_FEED
    return end + 1


def _parse(buffer: U8, size: int, records: int, *, final: bool, is_fasta: bool) -> tuple[ReadChunk, int, int]:
    """Whole records of the buffer as a chunk, bytes they took, fault of the record after them."""
    codes, names, scores = (np.empty(size, dtype=np.uint8) for _ in range(3))
    offsets, name_offsets = (np.empty(size // 3 + 2, dtype=np.int64) for _ in range(2))
    if is_fasta:
        count, consumed, fault = fasta.parse(buffer, size, final, codes, offsets, names, name_offsets)
    else:
        count, consumed, fault = fastq.parse(buffer, size, final, codes, scores, offsets, names, name_offsets)
    bases, letters = offsets[count], name_offsets[count]
    chunk = ReadChunk(
        Ragged(codes[:bases], offsets[: count + 1]),
        None if is_fasta else scores[:bases],
        names[:letters],
        name_offsets[: count + 1],
        records + 1,
    )
    return chunk, consumed, fault


def _moved(path: Path, buffer: U8, consumed: int, size: int, records: int) -> U8:
    """The incomplete record moved to the front, of a buffer twice as long where it fills this one."""
    if size > LONGEST_RECORD:
        raise InputError(label(path), "is longer than 1 GiB, so this is no file of reads", record=records + 1)
    target = np.empty(2 * len(buffer), dtype=np.uint8) if size >= len(buffer) - 1 else buffer
    target[:size] = buffer[consumed : consumed + size]
    return target


def _drain(stream: BinaryIO, buffer: U8) -> None:
    """Read to the end: where damaged gzip data are the cause of a fault, that is what has to be said."""
    rest = np.empty_like(buffer)
    while fill(stream, rest, 0):
        pass
