"""Reads from FASTQ and FASTA files, in chunks of bounded memory.

What is read does not depend on the size of a chunk, on line ends, compression or letter case. Every fault of a file is
an `InputError` with its record, found whether or not a read would be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.ahead import open_blocks
from clonotrack.io.chunks import ReadChunk
from clonotrack.io.fastq import fault_sentence, foreign_format
from clonotrack.io.streams import AHEAD_BYTES, BLOCK_BYTES, HEADROOM, Block, Blocks, label
from clonotrack.kernels import fasta, fastq
from clonotrack.kernels.fastq import Records
from clonotrack.kernels.letters import LINE_FEED
from clonotrack.sequence import U8

__all__ = ["ReadChunk", "read_chunks"]

LONGEST_RECORD = 2**30
_SHORT_RECORD = 64  # bytes; of shorter ones a block gives several chunks


def read_chunks(
    path: str | Path,
    *,
    chunk_bytes: int = BLOCK_BYTES,
    ahead_bytes: int = AHEAD_BYTES,
    qualities_needed: bool = False,
) -> Iterator[ReadChunk]:
    """Read a file of FASTQ or FASTA, plain or gzip, in chunks.

    Args:
        path: the file; ``-`` is standard input. Format and compression show themselves by their first bytes.
        chunk_bytes: text that is held in a chunk; a longer record makes it grow.
        ahead_bytes: text that may wait, decompressed, to be parsed.
        qualities_needed: refuse FASTA.

    Yields:
        Chunks of at least one read, in the order of the file.

    Raises:
        InputError: the file is missing, empty, damaged, or one of its records is malformed.
    """
    path = Path(path)
    with open_blocks(path, chunk_bytes, ahead_bytes) as blocks:
        rest: U8 = np.empty(0, dtype=np.uint8)
        records, is_fasta, begun = 0, False, False
        for block in blocks:
            text, start, end = _joined(rest, block)
            if not begun:
                is_fasta = _is_fasta(path, text[start:end], qualities_needed=qualities_needed)
                begun = True
            if block.final:
                end = _closed(text, start, end)
            parse = _fasta if is_fasta else _fastq
            while start < end:
                chunk, taken, fault = parse(text, start, end, records + 1, final=block.final)
                records += len(chunk)
                if fault != fastq.OK:
                    _drain(blocks)
                    sentence = fault_sentence(fault, text[taken:end], fasta=is_fasta)
                    raise InputError(label(path), sentence, record=records + 1)
                start = taken
                if not len(chunk):
                    break
                yield chunk
            rest = text[start:end]
            if len(rest) > LONGEST_RECORD:
                message = "is longer than 1 GiB, so this is no file of reads"
                raise InputError(label(path), message, record=records + 1)


def _joined(rest: U8, block: Block) -> tuple[U8, int, int]:
    """Text of a block with what was left before it, where it starts and ends."""
    start = HEADROOM - len(rest)
    if start >= 0:
        block.buffer[start:HEADROOM] = rest
        return block.buffer, start, block.end
    text = np.concatenate([rest, block.buffer[HEADROOM : block.end + 1]])
    return text, 0, len(text) - 1


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


def _closed(text: U8, start: int, end: int) -> int:
    """End the last line of a file with the line feed that it may lack."""
    if start == end or text[end - 1] == LINE_FEED:
        return end
    text[end] = LINE_FEED
    return end + 1


def _fastq(text: U8, start: int, end: int, first: int, *, final: bool) -> tuple[ReadChunk, int, int]:
    """Whole records as a chunk, where they end, and the fault of the record after them."""
    records = Records.room((end - start) // _SHORT_RECORD + _SHORT_RECORD)
    count, taken, fault = fastq.index(text, start, end, final, records)
    names, starts, ends, qualities, bounds = (places[:count] for places in records)
    return ReadChunk(text, starts, ends, names, first, qualities, bounds), taken, fault


def _fasta(text: U8, start: int, end: int, first: int, *, final: bool) -> tuple[ReadChunk, int, int]:
    lines = text[start:end]
    letters: U8 = np.empty(len(lines), dtype=np.uint8)
    room = len(lines) // 3 + 2
    names, starts, ends = (np.empty(room, dtype=np.int64) for _ in range(3))
    count, taken, fault = fasta.unfold(lines, len(lines), final, letters, names, starts, ends)
    return ReadChunk(letters, starts[:count], ends[:count], names[:count], first), start + taken, fault


def _drain(blocks: Blocks) -> None:
    """Read to the end: where damaged gzip data are the cause of a fault, that is what has to be said."""
    for _ in blocks:
        pass
