"""Run the stage reads: files of reads in, SEQUENCES and counts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clonotrack.config import Library, Reads
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads.fragments import FragmentCounts, filter_fragments, read_fragments
from clonotrack.reads.dedup import DistinctFragments
from clonotrack.reads.merge_pairs import MergeCounts, merge_pairs


@dataclass(frozen=True)
class SampleReads:
    """Result of the stage.

    Attributes:
        fragments: the distinct fragments that passed the filter.
        counts: fragments read, and fragments refused by reason.
        merging: pairs by outcome, and errors in their overlaps.
    """

    fragments: DistinctFragments
    counts: FragmentCounts
    merging: MergeCounts

    @property
    def sequences(self) -> pl.DataFrame:
        """SEQUENCES of the sample; see `clonotrack.reads.dedup.DistinctFragments.tables`."""
        return self.fragments.table()


def read(tubes: Sequence[tuple[Sequence[Lane], Library]], settings: Reads, *, fasta: bool = False) -> SampleReads:
    """Read, merge, filter and deduplicate the fragments of a sample.

    Overlapping mates are merged before the filter, because the merged read has better qualities.

    Args:
        tubes: lanes of each tube, and its library.
        settings: merging and filter.
        fasta: accept FASTA; see `clonotrack.raw_reads.fragments.usable_fragments`.

    Raises:
        InputError: a file is missing, damaged or malformed.
        ConfigError: the reads do not have the layout or the UMIs that their library's settings state.
    """
    counts, merging = FragmentCounts(), MergeCounts()
    merged = (
        merge_pairs(
            read_fragments(lanes, settings, library, counts, fasta=fasta),
            settings.max_false_merge,
            merging,
            facing=library.orientation == "FR",
        )
        for lanes, library in tubes
    )
    usable = filter_fragments((batch for tube in merged for batch in tube), settings, counts)
    return SampleReads(DistinctFragments.from_batches(usable), counts, merging)
