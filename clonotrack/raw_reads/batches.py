"""Batches of reads and of fragments.

A `ReadBatch` contains reads of one mate as positions in the text of the file: bases are encoded, and qualities and
names copied, only when they are needed. A `FragmentBatch` contains single reads, or both mates, and UMIs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clonotrack.kernels.swar import LINE_FEED, copy_rows, encode_rows, word_ends
from clonotrack.raw_reads.kernels.quality import ERROR_UNIT, MAX_BASE_BOUND, PHRED_OFFSET, exceed_error_rate
from clonotrack.sequences import DECODE, I64, U8, U64, Bool, Ragged, offsets_of


@dataclass(frozen=True)
class ReadBatch:
    """Successive reads of a file: all single reads, all first mates or all second mates.

    Attributes:
        text: ASCII text of the records, shape (bytes,).
        starts: position of the first base of each read in `text`, shape (n,). Bases are IUPAC codes of either case, on
            the strand that was sequenced.
        ends: position in `text` after the last base of each read, shape (n,).
        name_starts: position in `text` of the first character of each name, shape (n,). A name ends before a space or
            control character.
        first_record: record number (1-based) in the file of the first record parsed into the batch.
        quality_starts: position in `text` of the first quality of each read, shape (n,), one character a base; None for
            FASTA.
        error_bounds: upper bound of the expected errors of each read in thousandths of an error, shape (n,), from
            `raw_reads.kernels.quality`; None for FASTA.
    """

    text: U8
    starts: I64
    ends: I64
    name_starts: I64
    first_record: int
    quality_starts: I64 | None = None
    error_bounds: I64 | None = None

    @classmethod
    def from_arrays(
        cls, sequences: Ragged, qualities: U8 | None, name_bytes: U8, name_offsets: I64, first_record: int
    ) -> ReadBatch:
        """Make a batch of reads that are already decoded, such as those of a BAM file or merged pairs.

        Args:
            sequences: bases of each read.
            qualities: Phred score of each base of `sequences.codes`; None for reads without qualities.
            name_bytes: ASCII characters of all names, concatenated.
            name_offsets: name i is ``name_bytes[name_offsets[i]:name_offsets[i + 1]]``.
            first_record: record number (1-based) of the first read.
        """
        bases = DECODE[sequences.codes]
        scores = np.zeros(0, dtype=np.uint8) if qualities is None else qualities + PHRED_OFFSET
        names = np.insert(name_bytes, name_offsets[1:], np.uint8(LINE_FEED))
        name_starts = name_offsets[:-1] + np.arange(len(sequences)) + len(bases) + len(scores)
        starts, ends = sequences.offsets[:-1], sequences.offsets[1:]
        text = np.concatenate([bases, scores, names])
        if qualities is None:
            return cls(text, starts, ends, name_starts, first_record)
        bounds = MAX_BASE_BOUND * sequences.lengths
        return cls(text, starts, ends, name_starts, first_record, starts + len(bases), bounds)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> I64:
        """Length of each read [nt], shape (n,)."""
        return self.ends - self.starts

    @cached_property
    def sequences(self) -> Ragged:
        """Bases of the reads as codes; IUPAC ambiguity codes become N."""
        offsets = offsets_of(self.lengths)
        return Ragged(encode_rows(self.text, self.starts, offsets), offsets)

    @cached_property
    def qualities(self) -> U8 | None:
        """Phred score of each base of `sequences.codes`; None for FASTA."""
        if self.quality_starts is None:
            return None
        return copy_rows(self.text, self.quality_starts, self.sequences.offsets, PHRED_OFFSET)

    @cached_property
    def name_offsets(self) -> I64:
        """Offsets of the names, shape (n + 1,): name i is ``name_bytes[name_offsets[i]:name_offsets[i + 1]]``."""
        return offsets_of(word_ends(self.text, self.name_starts) - self.name_starts)

    @cached_property
    def name_bytes(self) -> U8:
        """ASCII characters of all names (first words of the headers), concatenated."""
        return copy_rows(self.text, self.name_starts, self.name_offsets, 0)

    def name(self, index: int) -> str:
        """Return the name of the read with this index in the batch."""
        (end,) = word_ends(self.text, self.name_starts[index : index + 1])
        return self.text[self.name_starts[index] : end].tobytes().decode("ascii")

    def select(self, keep: Bool) -> ReadBatch:
        """Return the reads for which `keep`, shape (n,), is true; if all are kept, return the batch itself."""
        return self if keep.all() else self._rows(keep)

    def span(self, start: int, end: int) -> ReadBatch:
        """Return the reads from index `start` up to, not including, index `end` of the batch."""
        if (start, end) == (0, len(self)):
            return self
        return self._rows(slice(start, end), self.first_record + start)

    def every(self, start: int, step: int) -> ReadBatch:
        """Return every `step`-th read of the batch, from index `start` on."""
        return self._rows(np.arange(start, len(self), step))

    def trim(self, starts: I64, ends: I64) -> ReadBatch:
        """Cut each read and its qualities to a range of bases.

        Args:
            starts: first base of each read that is kept, 0-based, shape (n,).
            ends: the base after the last one that is kept, 0-based, shape (n,).

        Returns:
            The cut reads. Their error bounds are still those of the whole reads.
        """
        qualities = None if self.quality_starts is None else self.quality_starts + starts
        bases = self.starts + starts, self.starts + ends
        return ReadBatch(self.text, *bases, self.name_starts, self.first_record, qualities, self.error_bounds)

    def exceed_error_rate(self, max_error_rate: float) -> Bool:
        """Check which reads have more expected errors per base than `max_error_rate`, shape (n,).

        Reads of FASTA have no qualities and are never marked.
        """
        if self.quality_starts is None or self.error_bounds is None:
            return np.zeros(len(self), dtype=np.bool_)
        limit = round(max_error_rate * ERROR_UNIT)
        return exceed_error_rate(self.text, self.quality_starts, self.lengths, self.error_bounds, limit)

    def _rows(self, rows: Bool | I64 | slice, first_record: int | None = None) -> ReadBatch:
        return ReadBatch(
            self.text,
            self.starts[rows],
            self.ends[rows],
            self.name_starts[rows],
            self.first_record if first_record is None else first_record,
            None if self.quality_starts is None else self.quality_starts[rows],
            None if self.error_bounds is None else self.error_bounds[rows],
        )


@dataclass(frozen=True, slots=True)
class FragmentBatch:
    """Successive fragments of a lane: single reads, or pairs of mates.

    Attributes:
        reads: single reads, or first mates.
        mates: second mates, as sequenced. A fragment without a second mate has one of 0 nt. None if the lane contains
            single reads.
        umis: UMI of each fragment, packed into two bits a base with the first base in the highest bits, shape (n,).
            None before UMIs are extracted and for libraries without UMIs.
        umi_length: length of every UMI [nt]; 0 without UMIs.
        tag_bytes: texts of the SAM tag that the caller asked for, of all fragments, concatenated; None if no tag was
            asked for.
        tag_offsets: tag i is ``tag_bytes[tag_offsets[i]:tag_offsets[i + 1]]``.
        hard_clipped: reads from which the aligner removed bases (BAM and CRAM).
    """

    reads: ReadBatch
    mates: ReadBatch | None = None
    umis: U64 | None = None
    umi_length: int = 0
    tag_bytes: U8 | None = None
    tag_offsets: I64 | None = None
    hard_clipped: int = 0

    def __len__(self) -> int:
        return len(self.reads)

    def select(self, keep: Bool) -> FragmentBatch:
        """Return the fragments for which `keep` is true, without tags; if all are kept, return the batch itself.

        Args:
            keep: shape (n,).
        """
        if keep.all():
            return self
        mates = None if self.mates is None else self.mates.select(keep)
        umis = None if self.umis is None else self.umis[keep]
        return FragmentBatch(self.reads.select(keep), mates, umis, self.umi_length)

    def every(self, start: int, step: int) -> FragmentBatch:
        """Return every `step`-th fragment of the batch, from index `start` on, without UMIs and tags."""
        mates = None if self.mates is None else self.mates.every(start, step)
        return FragmentBatch(self.reads.every(start, step), mates)

    def with_reads(self, reads: ReadBatch, mates: ReadBatch | None) -> FragmentBatch:
        """Return the batch with its reads and mates replaced, with its UMIs and without tags."""
        return FragmentBatch(reads, mates, self.umis, self.umi_length)
