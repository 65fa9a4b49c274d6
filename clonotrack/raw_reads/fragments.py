"""Read the files of a tube, keep the usable fragments and count every rejected fragment.

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
    """Counts of the fragments read so far; a rejected fragment is counted once, under the first check that it fails.

    The checks are, in order: `no_umi`, `too_short`, `low_quality`.

    Attributes:
        scanned: fragments in the files.
        too_short: fragments rejected because they are shorter than `min_length`.
        low_quality: fragments that are long enough and are rejected because they have too many expected errors.
        no_umi: fragments rejected because they have no UMI.
        hard_clipped: reads of BAM or CRAM from which the aligner removed bases; these reads are not rejected.
        primers: number of read ends with each primer, by the name of the primer.
    """

    scanned: int = 0
    too_short: int = 0
    low_quality: int = 0
    no_umi: int = 0
    hard_clipped: int = 0
    primers: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """Number of fragments that were not rejected."""
        return self.scanned - self.too_short - self.low_quality - self.no_umi


def usable_fragments(
    lanes: Sequence[Lane], settings: Reads, library: Library, counts: FragmentCounts, *, fasta: bool = False
) -> Iterator[FragmentBatch]:
    """Read the fragments of all lanes, one lane after the other, and filter them by length and quality.

    Args:
        lanes: files of one tube.
        settings: minimum length and maximum error rate of a read.
        library: settings that state where the UMI is, and the primers.
        counts: counts of the tube; updated before each batch is returned.
        fasta: accept FASTA, whose reads have no error rate. Otherwise FASTA is accepted only if `max_error_rate` is 1.

    Yields:
        Batches of at least one fragment, in the order of the files.

    Raises:
        InputError: a file cannot be read, see `clonotrack.raw_reads.lanes.read_lane`.
        ConfigError: the reads do not have the layout or the UMIs that the library's settings state.
    """
    return filter_fragments(read_fragments(lanes, settings, library, counts, fasta=fasta), settings, counts)


def read_fragments(
    lanes: Sequence[Lane], settings: Reads, library: Library, counts: FragmentCounts, *, fasta: bool = False
) -> Iterator[FragmentBatch]:
    """Read the fragments of all lanes, extract their UMIs and trim their primers.

    Fragments without a UMI are rejected. Length and quality are not checked. Arguments and errors are those of
    `usable_fragments`.
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
    """Reject and count the fragments that are too short or have too many expected errors.

    A pair passes if at least one of its mates would pass as a single read.

    Args:
        batches: fragments.
        settings: minimum length and maximum error rate of a read.
        counts: `too_short` and `low_quality` are updated.

    Yields:
        Batches of at least one fragment, in order.
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
    """Check which reads are too short, and which long enough reads have too many expected errors, shape (n,) each."""
    short = reads.lengths < settings.min_length
    return short, ~short & reads.exceed_error_rate(settings.max_error_rate)


def _check_layout(batch: FragmentBatch, lane: Lane, library: Library) -> None:
    """Raise an error if the layout of the reads, single or paired, is not the one that the library's settings state.

    Otherwise the second mates of all fragments could be missing unnoticed.
    """
    found = "single" if batch.mates is None else "paired"
    if library.layout not in (None, found):
        raise ConfigError(
            f"{label(lane.reads_1)} contains {found} reads, and the library's settings say layout: {library.layout}: "
            "give the files of this library, or correct layout in its settings"
        )


def _check_umi_share(scanned: int, missing: int, settings: Reads, umis: UmiExtractor) -> None:
    """Raise an error if too few fragments of a tube have a UMI where the library's settings state it.

    Args:
        scanned: fragments of the tube.
        missing: fragments without a UMI.
        settings: smallest share of fragments with a UMI (`min_umi_share`).
        umis: names in the message where the UMI was searched.
    """
    if scanned - missing < settings.min_umi_share * scanned:
        raise ConfigError(
            f"{scanned - missing} of {scanned} fragments ({1 - missing / scanned:.1%}) have a UMI by {umis.source}, "
            f"and at least {settings.min_umi_share:.0%} must have a UMI: correct umi_pattern or umi_read of the "
            "library, or lower reads.min_umi_share"
        )
