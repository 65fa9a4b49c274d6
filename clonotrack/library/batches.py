"""Raw reads in, usable reads out, every refusal counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clonotrack.config import Reads
from clonotrack.io.reads import ReadChunk, read_chunks
from clonotrack.kernels.quality import UNIT, expected_errors
from clonotrack.sequence import Bool


@dataclass(slots=True)
class Counts:
    """What became of the reads so far; a refused read is counted under its first reason.

    Attributes:
        scanned: reads in the files.
        too_short: refused for their length.
        low_quality: long enough, refused for their expected errors.
    """

    scanned: int = 0
    too_short: int = 0
    low_quality: int = 0

    @property
    def passed(self) -> int:
        """Reads that were handed on."""
        return self.scanned - self.too_short - self.low_quality


def batches(
    paths: Sequence[str | Path], settings: Reads, counts: Counts, *, fasta: bool = False
) -> Iterator[ReadChunk]:
    """Usable reads of all files (lanes), one file after the other.

    Args:
        paths: FASTQ; expected errors are looked at where there are qualities.
        settings: the least length and the most expected errors per base of a usable read.
        counts: brought up to date before each batch is given.
        fasta: take FASTA too, whose reads pass unseen; else only where the settings set no limit to errors (1).

    Yields:
        Batches of at least one usable read, in the order of the files.

    Raises:
        InputError: see `clonotrack.io.reads.read_chunks`.
    """
    needed = not fasta and settings.max_error_rate < 1
    for path in paths:
        for chunk in read_chunks(path, qualities_needed=needed):
            short, poor = refusals(chunk, settings)
            counts.scanned += len(chunk)
            counts.too_short += int(short.sum())
            counts.low_quality += int(poor.sum())
            usable = chunk.select(~(short | poor))
            if len(usable):
                yield usable


def refusals(chunk: ReadChunk, settings: Reads) -> tuple[Bool, Bool]:
    """Which reads are too short, and which of the others have too many expected errors."""
    short = chunk.sequences.lengths < settings.min_length
    if chunk.qualities is None:
        return short, np.zeros_like(short)
    limits = round(settings.max_error_rate * UNIT) * chunk.sequences.lengths
    return short, ~short & (expected_errors(chunk.qualities, chunk.sequences.offsets) > limits)
