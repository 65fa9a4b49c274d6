"""Turn the files of a tube into usable fragments and count every fragment that is refused.

A fragment is what was read of one DNA molecule: a single read, or a pair of mates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clonotrack.config import Library, Reads
from clonotrack.errors import ConfigError
from clonotrack.io.read_files import Lane, label
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.raw_reads.lanes import read_lane
from clonotrack.raw_reads.primers import PrimerTrimmer
from clonotrack.raw_reads.umi import UmiExtractor
from clonotrack.sequences import Bool


@dataclass(slots=True)
class FragmentCounts:
    """Counts of the fragments read so far; a refused fragment is counted under its first reason.

    Attributes:
        scanned: fragments in the files.
        too_short: fragments refused because they are shorter than `min_length`.
        low_quality: fragments that are long enough, refused because of their expected errors.
        no_umi: fragments refused because they have no UMI; checked before length and quality.
        hard_clipped: reads of BAM or CRAM from which the aligner removed bases; they are not refused.
        primers: read ends with each primer, by its name.
    """

    scanned: int = 0
    too_short: int = 0
    low_quality: int = 0
    no_umi: int = 0
    hard_clipped: int = 0
    primers: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """Fragments that were not refused."""
        return self.scanned - self.too_short - self.low_quality - self.no_umi


def usable_fragments(
    lanes: Sequence[Lane], settings: Reads, library: Library, counts: FragmentCounts, *, fasta: bool = False
) -> Iterator[FragmentBatch]:
    """Read the fragments of all lanes, one lane after the other, and filter them by length and quality.

    Args:
        lanes: files of one tube.
        settings: minimum length and maximum error rate of a read.
        library: states where the UMI is, and the primers.
        counts: updated before each batch is returned.
        fasta: accept FASTA, whose reads have no error rate. Otherwise FASTA is accepted only if `max_error_rate` is 1.

    Yields:
        Batches of at least one fragment, in the order of the files.

    Raises:
        InputError: a file is refused, see `clonotrack.raw_reads.lanes.read_lane`.
        ConfigError: the reads do not have the layout or the UMIs that the library's settings state.
    """
    return filter_fragments(read_fragments(lanes, settings, library, counts, fasta=fasta), settings, counts)


def read_fragments(
    lanes: Sequence[Lane], settings: Reads, library: Library, counts: FragmentCounts, *, fasta: bool = False
) -> Iterator[FragmentBatch]:
    """Read the fragments of all lanes, extract their UMIs and trim their primers, without the filter.

    Arguments and errors are those of `usable_fragments`.
    """
    qualities_needed = not fasta and settings.max_error_rate < 1
    umis, primers = UmiExtractor(library), PrimerTrimmer.for_library(library, settings)
    before = counts.scanned, counts.no_umi
    for lane in lanes:
        for batch in read_lane(lane, tag=umis.tag, qualities_needed=qualities_needed):
            _check_layout(batch, lane, library)
            counts.scanned += len(batch)
            counts.hard_clipped += batch.hard_clipped
            if umis.has_umis:
                batch, found = umis.extract(batch)
                counts.no_umi += int((~found).sum())
                batch = batch.select(found)
            if primers is not None:
                batch = batch.with_reads(*primers.trim(batch.reads, batch.mates, counts.primers))
            yield batch
    if umis.has_umis:
        _check_umi_share(counts.scanned - before[0], counts.no_umi - before[1], settings, umis)


def filter_fragments(
    batches: Iterable[FragmentBatch], settings: Reads, counts: FragmentCounts
) -> Iterator[FragmentBatch]:
    """Remove and count the fragments that are too short or have too many expected errors.

    A pair passes if at least one of its mates passes alone.
    """
    for batch in batches:
        short, poor = _refused(batch.reads, settings)
        if batch.mates is not None:
            mate_short, mate_poor = _refused(batch.mates, settings)
            passed = ~(short | poor) | ~(mate_short | mate_poor)
            short &= mate_short
            poor = ~passed & ~short
        counts.too_short += int(short.sum())
        counts.low_quality += int(poor.sum())
        kept = batch.select(~(short | poor))
        if len(kept):
            yield kept


def _refused(reads: ReadBatch, settings: Reads) -> tuple[Bool, Bool]:
    """Mark the reads that are too short, and those of the others that have too many expected errors."""
    short = reads.lengths < settings.min_length
    return short, ~short & reads.exceed_error_rate(settings.max_error_rate)


def _check_layout(batch: FragmentBatch, lane: Lane, library: Library) -> None:
    """Refuse reads of another layout than the library's: half of every fragment could be missing unnoticed."""
    found = "single" if batch.mates is None else "paired"
    if library.layout not in (None, found):
        raise ConfigError(
            f"{label(lane.reads_1)} contains {found} reads, and the library's settings say layout: {library.layout}: "
            "give the files of this library, or correct the layout"
        )


def _check_umi_share(scanned: int, missing: int, settings: Reads, umis: UmiExtractor) -> None:
    """Refuse a tube of which too few fragments have a UMI: it is not where the library's settings state."""
    if scanned - missing < settings.min_umi_share * scanned:
        raise ConfigError(
            f"{scanned - missing} of {scanned} fragments ({1 - missing / scanned:.1%}) have a UMI by {umis.source}, "
            f"and at least {settings.min_umi_share:.0%} must have one: correct the library's settings, or "
            "reads.min_umi_share"
        )
