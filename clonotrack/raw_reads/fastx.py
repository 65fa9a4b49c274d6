"""What is wrong with a record of reads, as a sentence.

Reads from FASTQ and FASTA files, in chunks of bounded memory.

What is read does not depend on the size of a chunk, on line ends, compression or letter case. Every fault of a file is
an `InputError` with its record, found whether or not a read would be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.read_files import label
from clonotrack.kernels import swar
from clonotrack.kernels.swar import LINE_FEED
from clonotrack.raw_reads.chunk import ReadChunk
from clonotrack.raw_reads.decompress import AHEAD_BYTES, BLOCK_BYTES, HEADROOM, Block, Blocks, open_blocks
from clonotrack.raw_reads.kernels import fastx
from clonotrack.raw_reads.kernels.fastx import Records
from clonotrack.sequences import U8

FORMATS = {
    b"BAM\x01": "a BAM file: convert it with `samtools fastq`",
    b"CRAM": "a CRAM file: convert it with `samtools fastq`",
    b"BZh": "compressed with bzip2: decompress it or compress it with gzip",
    b"\xfd7zXZ": "compressed with xz: decompress it or compress it with gzip",
    b"PK\x03\x04": "a zip archive: unpack it",
    b"@HD\t": "a SAM file: convert it with `samtools fastq`",
    b"@SQ\t": "a SAM file: convert it with `samtools fastq`",
}


def foreign_format(start: bytes) -> str | None:
    """Why a file that begins with `start` is neither FASTQ nor FASTA; None where it may be one of them."""
    for magic, found in FORMATS.items():
        if start.startswith(magic):
            return f"is {found}"
    if start[:1] in (b"@", b">"):
        return None
    return f"begins with {show(start[:1])}, so it is neither FASTQ ('@') nor FASTA ('>'): give a file of reads"


def fault_sentence(fault: int, record: U8, *, fasta: bool) -> str:
    """What a kernel found in the record that `record` begins with, and what to do."""
    lines = [line.removesuffix(b"\r") for line in record.tobytes().split(b"\n")]
    if fault == fastx.NO_AT:
        return (
            f"begins with {show(lines[0][:1])} where '@' belongs: a line is missing or too many before it; "
            "restore the four lines of each record"
        )
    if fault == fastx.NO_NAME:
        return "has no name: give every record one"
    if fault == fastx.NAME_NOT_ASCII:
        return f"its name holds {show(_first(lines[0], range(128)))}, which is not ASCII: rename the record"
    if fault == fastx.BAD_BASE:
        return _bad_base(lines, fasta=fasta)
    if fault == fastx.NO_PLUS:
        return (
            f"its third line begins with {show(lines[2][:1])} where '+' belongs: a line is missing, or the sequence "
            "has several lines; write four lines for each record"
        )
    if fault == fastx.UNEQUAL:
        return (
            f"has {len(lines[1])} bases but {len(lines[3])} qualities: the record was cut or a line is missing; "
            "copy or make the file again"
        )
    if fault == fastx.BAD_QUALITY:
        bad = show(_first(lines[3], range(33, 127)))
        return f"its quality line holds {bad}, and qualities are the characters '!' to '~': make the file again"
    return "the file ends inside this record, which has four lines: the file was cut short; copy or make it again"


def show(byte: bytes) -> str:
    """A byte for a person to read."""
    if byte in (b"", b"\n", b"\r"):
        return "an empty line"
    letter = byte.decode("latin-1")
    return repr(letter) if letter.isascii() and letter.isprintable() else f"the byte 0x{byte.hex()}"


def _first(line: bytes, allowed: range) -> bytes:
    return next(line[i : i + 1] for i in range(len(line)) if line[i] not in allowed)


def _bad_base(lines: list[bytes], *, fasta: bool) -> str:
    sequence = lines[1:] if fasta else lines[1:2]
    bad = next(bytes([byte]) for line in sequence for byte in line if swar.BASE_CODES[byte] == swar.NO_BASE)
    if bad == b"+" and sequence[0] == b"+":
        return "its sequence line is missing: restore the four lines of each record"
    return f"its sequence holds {show(bad)}, which is no IUPAC base: correct the record or remove it"


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
                if fault != fastx.OK:
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
    count, taken, fault = fastx.index(text, start, end, final, records)
    names, starts, ends, qualities, bounds = (places[:count] for places in records)
    return ReadChunk(text, starts, ends, names, first, qualities, bounds), taken, fault


def _fasta(text: U8, start: int, end: int, first: int, *, final: bool) -> tuple[ReadChunk, int, int]:
    lines = text[start:end]
    letters: U8 = np.empty(len(lines), dtype=np.uint8)
    room = len(lines) // 3 + 2
    names, starts, ends = (np.empty(room, dtype=np.int64) for _ in range(3))
    count, taken, fault = fastx.unfold(lines, len(lines), final, letters, names, starts, ends)
    return ReadChunk(letters, starts[:count], ends[:count], names[:count], first), start + taken, fault


def _drain(blocks: Blocks) -> None:
    """Read to the end: where damaged gzip data are the cause of a fault, that is what has to be said."""
    for _ in blocks:
        pass
