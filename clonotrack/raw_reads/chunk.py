"""Some successive reads, as places in a text: nothing is copied or encoded before it is asked for.

Parts of a lane: some fragments that were read together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clonotrack.kernels.swar import LINE_FEED, copy_rows, encode_rows, word_ends
from clonotrack.raw_reads.kernels.quality import UNIT, WORST, ZERO, poor_reads
from clonotrack.sequences import DECODE, I64, U8, Bool, Ragged, offsets_of


@dataclass(frozen=True)
class ReadChunk:
    """Some successive reads of a file.

    Attributes:
        text: letters of the file, or some like them.
        starts: the bases of read i are ``text[starts[i]:ends[i]]``: strand as read, either case, IUPAC codes.
        ends: see `starts`.
        names: the name of read i is the word that begins at ``text[names[i]]``.
        first_record: number of the first record that the chunk was read from, 1-based.
        quality_starts: from here on stand the qualities of read i, as many letters as bases; None for FASTA.
        bounds: no fewer than the expected errors of each read, see `raw_reads.kernels.quality`; None for FASTA.
    """

    text: U8
    starts: I64
    ends: I64
    names: I64
    first_record: int
    quality_starts: I64 | None = None
    bounds: I64 | None = None

    @classmethod
    def of(cls, sequences: Ragged, qualities: U8 | None, name_bytes: U8, name_offsets: I64, first: int) -> ReadChunk:
        """The chunk of these bases, Phred scores (at the offsets of the bases), and names one after the other."""
        bases, scores = DECODE[sequences.codes], np.zeros(0, dtype=np.uint8) if qualities is None else qualities + ZERO
        names = np.insert(name_bytes, name_offsets[1:], np.uint8(LINE_FEED))
        places = name_offsets[:-1] + np.arange(len(sequences)) + len(bases) + len(scores)
        starts, ends = sequences.offsets[:-1], sequences.offsets[1:]
        text = np.concatenate([bases, scores, names])
        if qualities is None:
            return cls(text, starts, ends, places, first)
        return cls(text, starts, ends, places, first, starts + len(bases), WORST * sequences.lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> I64:
        """Bases of each read."""
        return self.ends - self.starts

    @cached_property
    def sequences(self) -> Ragged:
        """Bases as codes; IUPAC ambiguity codes are N."""
        offsets = offsets_of(self.lengths)
        return Ragged(encode_rows(self.text, self.starts, offsets), offsets)

    @cached_property
    def qualities(self) -> U8 | None:
        """Phred scores, at the offsets of `sequences`; None for FASTA."""
        if self.quality_starts is None:
            return None
        return copy_rows(self.text, self.quality_starts, self.sequences.offsets, ZERO)

    @cached_property
    def name_offsets(self) -> I64:
        """Name i is ``name_bytes[name_offsets[i]:name_offsets[i + 1]]``."""
        return offsets_of(word_ends(self.text, self.names) - self.names)

    @cached_property
    def name_bytes(self) -> U8:
        """The first words of the headers, one after the other."""
        return copy_rows(self.text, self.names, self.name_offsets, 0)

    def name(self, index: int) -> str:
        """First word of the header of read `index`."""
        (end,) = word_ends(self.text, self.names[index : index + 1])
        return self.text[self.names[index] : end].tobytes().decode("ascii")

    def select(self, keep: Bool) -> ReadChunk:
        """The reads where `keep` is set; the chunk itself where that is all of them."""
        return self if keep.all() else self._rows(keep)

    def part(self, start: int, end: int) -> ReadChunk:
        """Successive reads."""
        if (start, end) == (0, len(self)):
            return self
        return self._rows(slice(start, end), self.first_record + start)

    def every(self, start: int, step: int) -> ReadChunk:
        """The reads with the numbers `start`, `start` + `step` and so on."""
        return self._rows(np.arange(start, len(self), step))

    def trimmed(self, starts: I64, ends: I64) -> ReadChunk:
        """The bases from `starts` to `ends` of each read, 0-based half-open, with their qualities."""
        qualities = None if self.quality_starts is None else self.quality_starts + starts
        bases = self.starts + starts, self.starts + ends
        return ReadChunk(self.text, *bases, self.names, self.first_record, qualities, self.bounds)

    def poor(self, max_error_rate: float) -> Bool:
        """Which reads have more expected errors per base; none where there are no qualities."""
        if self.quality_starts is None or self.bounds is None:
            return np.zeros(len(self), dtype=np.bool_)
        return poor_reads(self.text, self.quality_starts, self.lengths, self.bounds, round(max_error_rate * UNIT))

    def _rows(self, rows: Bool | I64 | slice, first: int | None = None) -> ReadChunk:
        return ReadChunk(
            self.text,
            self.starts[rows],
            self.ends[rows],
            self.names[rows],
            self.first_record if first is None else first,
            None if self.quality_starts is None else self.quality_starts[rows],
            None if self.bounds is None else self.bounds[rows],
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Some successive fragments of a lane.

    Attributes:
        reads: single reads, or first mates.
        mates: second mates, as read; None where there are none.
        tag_bytes: letters of the tag that was asked for; None for files that have no tags.
        tag_offsets: tag i is ``tag_bytes[tag_offsets[i]:tag_offsets[i + 1]]``.
        hard_clipped: reads of which the aligner left bases out.
    """

    reads: ReadChunk
    mates: ReadChunk | None = None
    tag_bytes: U8 | None = None
    tag_offsets: I64 | None = None
    hard_clipped: int = 0
