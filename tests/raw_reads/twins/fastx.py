"""Naive twins of clonotrack.raw_reads.kernels.fastx: FASTQ and FASTA line by line, names as strings."""

import re

from clonotrack.raw_reads.kernels import fastx

IUPAC = "ACGTUNRYSWKMBDHV"
CODES = {"A": 0, "C": 1, "G": 2, "T": 3, "U": 3}


def parse_fastq(text):
    """Records as (name, codes, scores), and the fault that ends them."""
    lines = lines_of(text)
    records = []
    while any(line.strip(b" \t\r") for line in lines):
        found = fastq_record(lines[:4])
        if isinstance(found, int):
            return records, found
        records.append(found)
        lines = lines[4:]
    return records, fastx.OK


def fastq_record(lines):
    """One record, or its fault."""
    if not lines[0].startswith(b"@"):
        return fastx.NO_AT
    name = name_of(lines[0])
    if isinstance(name, int):
        return name
    if len(lines) < 2:
        return fastx.INCOMPLETE
    codes = codes_of(lines[1])
    if codes is None:
        return fastx.BAD_BASE
    if len(lines) < 3:
        return fastx.INCOMPLETE
    if not lines[2].startswith(b"+"):
        return fastx.NO_PLUS
    if len(lines) < 4:
        return fastx.INCOMPLETE
    quality = lines[3].removesuffix(b"\r")
    if len(quality) != len(codes):
        return fastx.UNEQUAL
    if any(not 33 <= byte <= 126 for byte in quality):
        return fastx.BAD_QUALITY
    return name, codes, [byte - 33 for byte in quality]


def parse_fasta(text):
    """Records as (name, codes), and the fault that ends them."""
    records = []
    fault = fastx.OK
    for line in lines_of(text.rstrip(b" \t\r\n")):
        if line.startswith(b">"):
            name = name_of(line)
            if isinstance(name, int):
                return records, name
            records.append((name, []))
        else:
            codes = codes_of(line)
            if codes is None:
                return records[:-1], fastx.BAD_BASE
            records[-1][1].extend(codes)
    return records, fault


def first_name_mismatch(names_1, names_2):
    for i, (one, two) in enumerate(zip(names_1, names_2, strict=True)):
        numbered = one.endswith("/1") and two.endswith("/2") and one[:-2] == two[:-2]
        if one != two and not numbered:
            return i
    return -1


def lines_of(text):
    return (text.removesuffix(b"\n") + b"\n").split(b"\n")[:-1]


def name_of(header):
    if not header.isascii():
        return fastx.NAME_NOT_ASCII
    return re.split(rb"[\x00-\x20]", header[1:])[0].decode() or fastx.NO_NAME


def codes_of(line):
    letters = line.removesuffix(b"\r").decode("latin-1").upper()
    # str.upper makes one of these of letters that are no ASCII
    if any(letter not in IUPAC for letter in letters) or not line.isascii():
        return None
    return [CODES.get(letter, 4) for letter in letters]
