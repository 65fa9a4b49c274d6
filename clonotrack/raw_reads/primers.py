"""Primers taken off the reads, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clonotrack.config import Library, Reads
from clonotrack.config.umi_pattern import IUPAC, UNKNOWN
from clonotrack.io.primers import read_primers
from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.raw_reads.chunk import ReadChunk
from clonotrack.raw_reads.kernels.primers import find_primers
from clonotrack.sequences import I64, U8, offsets_of


class Primers:
    """The primers of a library.

    Attributes:
        names: of the primers.
    """

    def __init__(self, sequences: Mapping[str, str], settings: Reads) -> None:
        self.names = tuple(sequences)
        lengths = np.array([len(text) for text in sequences.values()], dtype=np.int64)
        masks = [IUPAC[letter] | UNKNOWN * (letter == "N") for text in sequences.values() for letter in text]
        self._masks: U8 = np.array(masks, dtype=np.uint8)
        self._offsets = offsets_of(lengths)
        self._allowed: I64 = np.floor(lengths * settings.max_primer_error).astype(np.int64)
        self._reach = settings.primer_reach

    @classmethod
    def of(cls, library: Library, settings: Reads) -> Primers | None:
        """Those that a library names; None where it names none.

        Raises:
            InputError: the file is not in order.
        """
        return cls(read_primers(Path(library.primers)), settings) if library.primers else None

    def trim(
        self, reads: ReadChunk, mates: ReadChunk | None, counted: dict[str, int]
    ) -> tuple[ReadChunk, ReadChunk | None]:
        """The reads from behind their primers on: at both ends of a single read, at the 5' end of each mate.

        METHOD: substitutions only, at most `max_primer_error` of a primer's bases, within `primer_reach` bases of the
        end. A read that begins with no primer stays whole.

        Args:
            reads: single reads or first mates.
            mates: second mates.
            counted: read ends at which each primer was found, by its name; brought up to date.
        """
        codes, offsets = reads.sequences.codes, reads.sequences.offsets
        starts, ends = self._found(codes, offsets, counted), reads.lengths
        if mates is not None:
            behind = self._found(mates.sequences.codes, mates.sequences.offsets, counted)
            return reads.trimmed(starts, ends), mates.trimmed(behind, mates.lengths)
        every = np.ones(len(reads), dtype=np.bool_)
        behind = self._found(reverse_complement_rows(codes, codes, offsets, every)[0], offsets, counted)
        return reads.trimmed(starts, np.maximum(ends - behind, starts)), None

    def _found(self, codes: U8, offsets: I64, counted: dict[str, int]) -> I64:
        """The first base behind the primer of each read, 0 where it has none."""
        found, ends = find_primers(codes, offsets, self._masks, self._offsets, self._allowed, self._reach)
        for name, count in zip(self.names, np.bincount(found[found >= 0], minlength=len(self.names)), strict=True):
            counted[name] = counted.get(name, 0) + int(count)
        return ends
