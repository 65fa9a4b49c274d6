"""What is wrong with a record of reads, as a sentence."""

from __future__ import annotations

from clonotrack.kernels import fastq, letters
from clonotrack.sequence import U8

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
    if fault == fastq.NO_AT:
        return (
            f"begins with {show(lines[0][:1])} where '@' belongs: a line is missing or too many before it; "
            "restore the four lines of each record"
        )
    if fault == fastq.NO_NAME:
        return "has no name: give every record one"
    if fault == fastq.NAME_NOT_ASCII:
        return f"its name holds {show(_first(lines[0], range(128)))}, which is not ASCII: rename the record"
    if fault == fastq.BAD_BASE:
        return _bad_base(lines, fasta=fasta)
    if fault == fastq.NO_PLUS:
        return (
            f"its third line begins with {show(lines[2][:1])} where '+' belongs: a line is missing, or the sequence "
            "has several lines; write four lines for each record"
        )
    if fault == fastq.UNEQUAL:
        return (
            f"has {len(lines[1])} bases but {len(lines[3])} qualities: the record was cut or a line is missing; "
            "copy or make the file again"
        )
    if fault == fastq.BAD_QUALITY:
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
    bad = next(bytes([byte]) for line in sequence for byte in line if letters.BASE_CODES[byte] == letters.NO_BASE)
    if bad == b"+" and sequence[0] == b"+":
        return "its sequence line is missing: restore the four lines of each record"
    return f"its sequence holds {show(bad)}, which is no IUPAC base: correct the record or remove it"
