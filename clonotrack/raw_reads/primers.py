"""Trim the primers of a library off the reads and count the primers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clonotrack.config import Library, Reads
from clonotrack.config.umi_pattern import IUPAC, UNKNOWN
from clonotrack.io.primers import read_primers
from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.raw_reads.batches import ReadBatch
from clonotrack.raw_reads.kernels.primers import find_primers
from clonotrack.sequences import I64, U8, offsets_of


class PrimerTrimmer:
    """Trims the primers of one library.

    Attributes:
        names: names of the primers, in the order of their file.
    """

    def __init__(self, sequences: Mapping[str, str], settings: Reads) -> None:
        """Prepare to search primers.

        Args:
            sequences: bases of each primer as IUPAC codes, 5' to 3', by the name of the primer.
            settings: most mismatches per base (`max_primer_error`) and most bases before a primer (`primer_reach`).
        """
        self.names = tuple(sequences)
        lengths = np.array([len(primer) for primer in sequences.values()], dtype=np.int64)
        masks = [IUPAC[code] | UNKNOWN * (code == "N") for primer in sequences.values() for code in primer]
        self._masks: U8 = np.array(masks, dtype=np.uint8)
        self._offsets = offsets_of(lengths)
        self._allowed: I64 = np.floor(lengths * settings.max_primer_error).astype(np.int64)
        self._reach = settings.primer_reach

    @classmethod
    def for_library(cls, library: Library, settings: Reads) -> PrimerTrimmer | None:
        """Read the primers of a library; return None if the library's settings name no file of primers.

        Raises:
            InputError: the file is missing or malformed.
        """
        return cls(read_primers(Path(library.primers)), settings) if library.primers else None

    def trim(
        self, reads: ReadBatch, mates: ReadBatch | None, counts: dict[str, int]
    ) -> tuple[ReadBatch, ReadBatch | None]:
        """Cut primers, and bases in front of them, off both ends of single reads and off the 5' end of each mate.

        METHOD: a primer matches with substitutions only, in at most `max_primer_error` of the primer's bases. It begins
        at most `primer_reach` bases from the end of the read. A read without a primer stays whole.

        Args:
            reads: single reads or first mates.
            mates: second mates; None for single reads.
            counts: number of read ends with each primer, by the name of the primer; updated.

        Returns:
            The trimmed reads and the trimmed mates.
        """
        codes, offsets = reads.sequences.codes, reads.sequences.offsets
        starts, ends = self._primer_ends(codes, offsets, counts), reads.lengths
        if mates is not None:
            mate_starts = self._primer_ends(mates.sequences.codes, mates.sequences.offsets, counts)
            return reads.trim(starts, ends), mates.trim(mate_starts, mates.lengths)
        all_reads = np.ones(len(reads), dtype=np.bool_)
        at_3_end = self._primer_ends(reverse_complement_rows(codes, codes, offsets, all_reads)[0], offsets, counts)
        return reads.trim(starts, np.maximum(ends - at_3_end, starts)), None

    def _primer_ends(self, codes: U8, offsets: I64, counts: dict[str, int]) -> I64:
        """Find the primer at the 5' end of each read and count the primers.

        Returns:
            Position after the primer in each read, 0-based; 0 for a read without a primer. Shape (n,).
        """
        primers, ends = find_primers(codes, offsets, self._masks, self._offsets, self._allowed, self._reach)
        found = np.bincount(primers[primers >= 0], minlength=len(self.names))
        for name, count in zip(self.names, found, strict=True):
            counts[name] = counts.get(name, 0) + int(count)
        return ends
