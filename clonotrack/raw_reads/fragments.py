"""Raw reads in, usable fragments out, every refusal counted.

The unit is the fragment: what was read of one piece of DNA, a single read or a pair of mates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from clonotrack.config import Library, Reads
from clonotrack.errors import ConfigError
from clonotrack.io.read_files import Lane, label
from clonotrack.raw_reads.chunk import Part, ReadChunk
from clonotrack.raw_reads.lanes import read_lane
from clonotrack.raw_reads.primers import Primers
from clonotrack.raw_reads.umi import UmiReader
from clonotrack.sequences import U64, Bool

__all__ = ["Batch", "Counts", "Lane", "batches", "fragments", "refusals", "usable"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some successive fragments of a lane.

    Attributes:
        reads: single reads, or first mates.
        mates: second mates, as read; empty (0 nt) where a fragment has none; None where the lane has no mates.
        umis: UMI of each fragment, two bits a base, the first base highest; None where the library has no UMIs.
        umi_length: bases of every UMI, 0 where there are none.
    """

    reads: ReadChunk
    mates: ReadChunk | None = None
    umis: U64 | None = None
    umi_length: int = 0

    def __len__(self) -> int:
        return len(self.reads)

    def select(self, keep: Bool) -> Batch:
        """The fragments where `keep` is set; the batch itself where that is all of them."""
        if keep.all():
            return self
        mates = None if self.mates is None else self.mates.select(keep)
        umis = None if self.umis is None else self.umis[keep]
        return Batch(self.reads.select(keep), mates, umis, self.umi_length)

    def every(self, start: int, step: int) -> Batch:
        """The fragments with the numbers `start`, `start` + `step` and so on, without their UMIs."""
        return Batch(self.reads.every(start, step), None if self.mates is None else self.mates.every(start, step))

    def with_reads(self, reads: ReadChunk, mates: ReadChunk | None) -> Batch:
        """The same fragments with other bases."""
        return Batch(reads, mates, self.umis, self.umi_length)


@dataclass(slots=True)
class Counts:
    """What became of the fragments so far; a refused one is counted under its first reason.

    Attributes:
        scanned: fragments in the files.
        too_short: refused for their length.
        low_quality: long enough, refused for their expected errors.
        no_umi: refused because no UMI could be read, looked at before the other two.
        hard_clipped: reads of BAM or CRAM of which the aligner left bases out; they are not refused.
        primers: read ends at which each primer was found, by its name.
    """

    scanned: int = 0
    too_short: int = 0
    low_quality: int = 0
    no_umi: int = 0
    hard_clipped: int = 0
    primers: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """Fragments that were handed on."""
        return self.scanned - self.too_short - self.low_quality - self.no_umi


def batches(
    lanes: Sequence[Lane], settings: Reads, library: Library, counts: Counts, *, fasta: bool = False
) -> Iterator[Batch]:
    """Usable fragments of all lanes, one lane after the other.

    Args:
        lanes: files of a tube; expected errors are looked at where there are qualities.
        settings: the least length and the most expected errors per base of a usable read.
        library: where the UMI stands, and its primers.
        counts: brought up to date before each batch is given.
        fasta: take FASTA too, whose reads pass unseen; else only where the settings set no limit to errors (1).

    Yields:
        Batches of at least one usable fragment, in the order of the files.

    Raises:
        InputError: see `clonotrack.raw_reads.lanes.read_lane`.
    """
    return usable(fragments(lanes, settings, library, counts, fasta=fasta), settings, counts)


def fragments(
    lanes: Sequence[Lane], settings: Reads, library: Library, counts: Counts, *, fasta: bool = False
) -> Iterator[Batch]:
    """All fragments, UMI and primers taken off, before any is refused for length or quality; as `batches` else."""
    needed = not fasta and settings.max_error_rate < 1
    umis, primers = UmiReader(library), Primers.of(library, settings)
    before = counts.scanned, counts.no_umi
    for lane in lanes:
        for part in read_lane(lane, tag=umis.tag, qualities_needed=needed):
            _expected(part, lane, library)
            counts.scanned += len(part.reads)
            counts.hard_clipped += part.hard_clipped
            batch = _tagged(part, umis, counts) if umis.needed else Batch(part.reads, part.mates)
            yield (
                batch if primers is None else batch.with_reads(*primers.trim(batch.reads, batch.mates, counts.primers))
            )
    if umis.needed:
        _enough_umis(counts.scanned - before[0], counts.no_umi - before[1], settings, umis)


def _expected(part: Part, lane: Lane, library: Library) -> None:
    """Refuse reads that are not of the library's layout: half of every fragment could be missing unseen."""
    found = "single" if part.mates is None else "paired"
    if library.layout not in (None, found):
        raise ConfigError(
            f"{label(lane.reads_1)} holds {found} reads, and the library says layout: {library.layout}: give the files "
            "that belong to it, or correct the layout"
        )


def _tagged(part: Part, umis: UmiReader, counts: Counts) -> Batch:
    """The fragments whose UMI could be read, without it."""
    reads, mates, numbers, found = umis.read(part)
    counts.no_umi += int((~found).sum())
    return Batch(reads, mates, numbers, umis.length).select(found)


def _enough_umis(scanned: int, missing: int, settings: Reads, umis: UmiReader) -> None:
    """Stop where UMIs are not where the library says."""
    if scanned - missing < settings.min_umi_share * scanned:
        raise ConfigError(
            f"{scanned - missing} of {scanned} fragments ({1 - missing / scanned:.1%}) have a UMI by {umis.source}, "
            f"and at least {settings.min_umi_share:.0%} are asked for: correct the library's settings, or "
            "reads.min_umi_share"
        )


def usable(given: Iterator[Batch], settings: Reads, counts: Counts) -> Iterator[Batch]:
    """The fragments that are long and good enough; the others are counted.

    A pair passes where one of its mates would by itself.
    """
    for batch in given:
        short, poor = refusals(batch.reads, settings)
        if batch.mates is not None:
            mate_short, mate_poor = refusals(batch.mates, settings)
            passed = ~(short | poor) | ~(mate_short | mate_poor)
            short &= mate_short
            poor = ~passed & ~short
        counts.too_short += int(short.sum())
        counts.low_quality += int(poor.sum())
        kept = batch.select(~(short | poor))
        if len(kept):
            yield kept


def refusals(chunk: ReadChunk, settings: Reads) -> tuple[Bool, Bool]:
    """Which reads are too short, and which of the others have too many expected errors."""
    short = chunk.lengths < settings.min_length
    return short, ~short & chunk.poor(settings.max_error_rate)
