"""Run the stage reads: turn the files of reads of a sample into SEQUENCES and counts."""

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
    """Result of the stage reads for one sample.

    Attributes:
        fragments: distinct fragments that passed the filter.
        counts: number of fragments read, and of fragments rejected for each reason.
        merging: number of pairs with each outcome of merging, and of errors in the overlaps.
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
        tubes: for each tube of the sample, its lanes and the settings of its library.
        settings: limits of merging and of the filter.
        fasta: accept FASTA; see `clonotrack.raw_reads.fragments.usable_fragments`.

    Raises:
        InputError: a file is missing, damaged or malformed.
        ConfigError: the reads do not have the layout or the UMIs that the settings of the tube's library state.
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
