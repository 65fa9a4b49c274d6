"""The stage: files of reads in, SEQUENCES out, with what became of the reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clonotrack.config import Library, Reads
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads.fragments import Counts, fragments, usable
from clonotrack.reads.dedup import Fragments
from clonotrack.reads.merge_pairs import Overlaps, merge_pairs


@dataclass(frozen=True)
class Distinct:
    """What the stage gives.

    Attributes:
        fragments: that passed, each once.
        counts: what became of all of them.
        overlaps: what became of the pairs.
    """

    fragments: Fragments
    counts: Counts
    overlaps: Overlaps

    @property
    def sequences(self) -> pl.DataFrame:
        """SEQUENCES; see `clonotrack.reads.dedup.Fragments.frames`."""
        return self.fragments.frame()


def read(tubes: Sequence[tuple[Sequence[Lane], Library]], settings: Reads, *, fasta: bool = False) -> Distinct:
    """Read, merge, filter and collapse the fragments of a sample.

    Pairs that overlap are merged before the filter looks at them, as their qualities are then known better.

    Args:
        tubes: lanes of each tube, and its library.
        settings: the filter.
        fasta: see `clonotrack.raw_reads.fragments.batches`.

    Raises:
        ClonotrackError: a file is not what it should be, or the UMI pattern not that of the reads.
    """
    counts, overlaps = Counts(), Overlaps()
    found = (
        merge_pairs(
            fragments(lanes, settings, library, counts, fasta=fasta),
            settings.max_false_merge,
            overlaps,
            facing=library.orientation == "FR",
        )
        for lanes, library in tubes
    )
    usable_ones = usable((batch for tube in found for batch in tube), settings, counts)
    return Distinct(Fragments.of(usable_ones), counts, overlaps)
