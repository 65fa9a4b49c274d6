"""Read FASTQ and FASTA files in batches of bounded memory.

The reads do not depend on the size of a batch, on line ends, compression or letter case. A malformed record raises an
`InputError` that states the record's number, even if the read would not be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.read_files import label
from clonotrack.kernels.swar import BASE_CODES, LINE_FEED, NO_BASE
from clonotrack.raw_reads.batches import ReadBatch
from clonotrack.raw_reads.decompress import AHEAD_BYTES, BLOCK_BYTES, HEADROOM, open_blocks
from clonotrack.raw_reads.kernels import fastx
from clonotrack.raw_reads.kernels.fastx import FastqRecords
from clonotrack.sequences import U8

MAX_RECORD_BYTES = 2**30
_SHORT_RECORD = 64
"""Bytes of a record that the arrays of positions are sized for; a block of shorter records gives several batches."""

OTHER_FORMATS = {
    b"BAM\x01": "a BAM file: convert it with `samtools fastq`",
    b"CRAM": "a CRAM file: convert it with `samtools fastq`",
    b"BZh": "compressed with bzip2: decompress it or compress it with gzip",
    b"\xfd7zXZ": "compressed with xz: decompress it or compress it with gzip",
    b"PK\x03\x04": "a zip archive: unpack it",
    b"@HD\t": "a SAM file: convert it with `samtools fastq`",
    b"@SQ\t": "a SAM file: convert it with `samtools fastq`",
}
"""First bytes of formats that are often given by mistake, and the text of the message for each format."""


def read_fastx(
    path: str | Path,
    *,
    block_bytes: int = BLOCK_BYTES,
    ahead_bytes: int = AHEAD_BYTES,
    qualities_needed: bool = False,
) -> Iterator[ReadBatch]:
    """Read a file of FASTQ or FASTA, plain or compressed, in batches.

    Args:
        path: the input file; ``-`` is standard input. Format and compression are recognised by the first bytes.
        block_bytes: bytes of decompressed text that are parsed at once; a longer record makes this text longer.
        ahead_bytes: most bytes of decompressed text that wait to be parsed.
        qualities_needed: raise an error for FASTA, which has no qualities.

    Yields:
        Batches of at least one read, in the order of the file.

    Raises:
        InputError: the file is missing, empty, damaged or in another format, or a record is malformed.
    """
    path = Path(path)
    with open_blocks(path, block_bytes, ahead_bytes) as blocks:
        rest: U8 = np.empty(0, dtype=np.uint8)
        end_of_file: U8 = np.empty(HEADROOM + 1, dtype=np.uint8)
        records, fasta = 0, None
        for block in chain(blocks, [end_of_file]):
            final = block is end_of_file
            text, start, end = _with_rest(rest, block)
            if fasta is None:
                fasta = _is_fasta(path, text[start:end], qualities_needed=qualities_needed)
            if final and start < end and text[end - 1] != LINE_FEED:
                text[end] = LINE_FEED
                end += 1
            parse = _parse_fasta if fasta else _parse_fastq
            while start < end:
                batch, taken, fault = parse(text, start, end, records + 1, final=final)
                records += len(batch)
                if fault != fastx.OK:
                    for _ in blocks:  # damaged gzip data further on are the cause, and raise their own error
                        pass
                    message = fault_message(fault, text[taken:end], fasta=fasta)
                    raise InputError(label(path), message, record=records + 1)
                start = taken
                if not len(batch):
                    break
                yield batch
            rest = text[start:end]
            if len(rest) > MAX_RECORD_BYTES:
                message = "is longer than 1 GiB, so the file is no file of reads: give FASTQ or FASTA"
                raise InputError(label(path), message, record=records + 1)


def _with_rest(rest: U8, block: U8) -> tuple[U8, int, int]:
    """Put the unparsed rest of the previous block in front of a block.

    Returns:
        An array that holds the text; the position of the text's first byte; the position after its last byte. The array
        has one free byte after the text.
    """
    start = HEADROOM - len(rest)
    if start >= 0:
        block[start:HEADROOM] = rest
        return block, start, len(block) - 1
    text = np.concatenate([rest, block[HEADROOM:]])
    return text, 0, len(text) - 1


def _is_fasta(path: Path, text: U8, *, qualities_needed: bool) -> bool:
    start = text[:8].tobytes()
    if not start:
        raise InputError(label(path), "is empty: give a file with reads")
    if message := other_format(start):
        raise InputError(label(path), message)
    if start[:1] == b">" and qualities_needed:
        message = "is FASTA, and base qualities are needed here: give FASTQ, or set reads.max_error_rate to 1"
        raise InputError(label(path), message)
    return start[:1] == b">"


def _parse_fastq(text: U8, start: int, end: int, first_record: int, *, final: bool) -> tuple[ReadBatch, int, int]:
    """Parse the complete FASTQ records of ``text[start:end]``.

    Args:
        text: decompressed bytes.
        start: position of the first record.
        end: position after the last byte.
        first_record: number of the first record in the file, 1-based.
        final: whether the file ends at `end`.

    Returns:
        The parsed reads; the position after the last parsed record; the fault of the record that begins there, a number
        of `clonotrack.raw_reads.kernels.fastx` (OK if the record is only incomplete).
    """
    records = FastqRecords.with_capacity((end - start) // _SHORT_RECORD + _SHORT_RECORD)
    count, taken, fault = fastx.parse_fastq(text, start, end, final, records)
    names, starts, ends, qualities, bounds = (positions[:count] for positions in records)
    return ReadBatch(text, starts, ends, names, first_record, qualities, bounds), taken, fault


def _parse_fasta(text: U8, start: int, end: int, first_record: int, *, final: bool) -> tuple[ReadBatch, int, int]:
    """Parse the complete FASTA records of ``text[start:end]``; arguments and result are those of `_parse_fastq`."""
    lines = text[start:end]
    unfolded: U8 = np.empty(len(lines), dtype=np.uint8)
    capacity = len(lines) // 3 + 2
    names, starts, ends = (np.empty(capacity, dtype=np.int64) for _ in range(3))
    count, taken, fault = fastx.parse_fasta(lines, len(lines), final, unfolded, names, starts, ends)
    return ReadBatch(unfolded, starts[:count], ends[:count], names[:count], first_record), start + taken, fault


def other_format(start: bytes) -> str | None:
    """Explain why a file that begins with the bytes `start` is neither FASTQ nor FASTA; None if it may be either."""
    for magic, name in OTHER_FORMATS.items():
        if start.startswith(magic):
            return f"is {name}"
    if start[:1] in (b"@", b">"):
        return None
    return f"begins with {show(start[:1])}, so it is neither FASTQ ('@') nor FASTA ('>'): give a file of reads"


def fault_message(fault: int, record: U8, *, fasta: bool) -> str:
    """Describe a fault of the record at the start of `record`, and what to do.

    Args:
        fault: number of the fault, from `clonotrack.raw_reads.kernels.fastx`.
        record: bytes of the file from the start of the record on.
        fasta: whether the file is FASTA.

    Returns:
        The message without path and record number.
    """
    lines = [line.removesuffix(b"\r") for line in record.tobytes().split(b"\n")]
    if fault == fastx.NO_AT:
        return (
            f"begins with {show(lines[0][:1])} where '@' belongs, because a record before it has too few or too many "
            "lines: write four lines for each record"
        )
    if fault == fastx.NO_NAME:
        return f"has no name: write a name after the '{'>' if fasta else '@'}' of each record"
    if fault == fastx.NAME_NOT_ASCII:
        return f"its name contains {show(_first_other(lines[0], range(128)))}, which is not ASCII: rename the record"
    if fault == fastx.BAD_BASE:
        return _bad_base(lines, fasta=fasta)
    if fault == fastx.NO_PLUS:
        return (
            f"its third line begins with {show(lines[2][:1])} where '+' belongs, because a line is missing or the "
            "sequence has several lines: write four lines for each record"
        )
    if fault == fastx.UNEQUAL:
        return (
            f"has {len(lines[1])} bases but {len(lines[3])} qualities, because the record was cut or a line is "
            "missing: copy the file again from its source"
        )
    if fault == fastx.BAD_QUALITY:
        bad = show(_first_other(lines[3], range(33, 127)))
        return f"its quality line contains {bad}, and qualities are the characters '!' to '~': correct the record"
    return "the file ends inside this record before its fourth line: copy the file again from its source"


def show(byte: bytes) -> str:
    """Return a byte in readable form for a message; no byte or a line end is called an empty line."""
    if byte in (b"", b"\n", b"\r"):
        return "an empty line"
    character = byte.decode("latin-1")
    return repr(character) if character.isascii() and character.isprintable() else f"the byte 0x{byte.hex()}"


def _first_other(line: bytes, allowed: range) -> bytes:
    """Return the first byte of a line that is not in the range `allowed`."""
    return next(line[i : i + 1] for i in range(len(line)) if line[i] not in allowed)


def _bad_base(lines: list[bytes], *, fasta: bool) -> str:
    sequence = lines[1:] if fasta else lines[1:2]
    bad = next(bytes([byte]) for line in sequence for byte in line if BASE_CODES[byte] == NO_BASE)
    if bad == b"+" and sequence[0] == b"+":
        return "its sequence line is missing: restore the four lines of each record"
    return f"its sequence contains {show(bad)}, which is not an IUPAC base: correct the record or remove it"
