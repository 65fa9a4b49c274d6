"""Write reads to FASTQ files, plain or gzip; equal reads give files with equal bytes."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from clonotrack.sequences import DECODE, U8, Ragged

PHRED_OFFSET = 33
GZIP_LEVEL = 6


def write_fastq(path: Path, records: Iterable[tuple[Sequence[str], Ragged, U8]]) -> None:
    """Write batches of reads to a file.

    Args:
        path: output file. It is compressed with gzip if its name ends with ``.gz``; the gzip header then contains
            neither time nor file name.
        records: for each batch the read names, the sequences, and the Phred scores (one per base, shape (bases,)).
    """
    with path.open("wb") as file:
        if path.suffix != ".gz":
            file.writelines(_text(*batch) for batch in records)
            return
        with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as compressed:
            compressed.writelines(_text(*batch) for batch in records)


def _text(names: Sequence[str], sequences: Ragged, qualities: U8) -> bytes:
    bases = DECODE[sequences.codes].tobytes().decode("ascii")
    scores = (qualities + np.uint8(PHRED_OFFSET)).tobytes().decode("ascii")
    bounds = sequences.offsets.tolist()
    return "".join(
        f"@{name}\n{bases[start:end]}\n+\n{scores[start:end]}\n"
        for name, start, end in zip(names, bounds, bounds[1:], strict=False)
    ).encode("ascii")
