"""FASTA, line by line."""

from clonotrack.raw_reads.kernels import fastx
from tests.raw_reads.twins.fastq import codes_of, lines_of, name_of


def unfold(text):
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
