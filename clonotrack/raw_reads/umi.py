"""Extract the UMIs of fragments from their bases, their names or a SAM tag."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clonotrack.config import Library
from clonotrack.config.umi_pattern import UmiPattern, umi_pattern
from clonotrack.errors import ConfigError
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.raw_reads.kernels.umi import umis_from_bases, umis_from_text
from clonotrack.sequences import U64, Bool


@dataclass(slots=True)
class UmiExtractor:
    """Extracts the UMIs of one tube.

    Attributes:
        library: its settings state where the UMI is.
        pattern: pattern of the UMI in the bases; None if it is in names or a tag.
        length: bases of every UMI; 0 before the first UMI of names or a tag was parsed.
    """

    library: Library
    pattern: UmiPattern | None = field(init=False)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.pattern = umi_pattern(self.library.umi_pattern) if self.library.umi_pattern else None
        self.length = self.pattern.umi_length if self.pattern else 0

    @property
    def tag(self) -> str | None:
        """SAM tag of the UMI; None if it is elsewhere."""
        source = self.library.umi_read
        return source if isinstance(source, str) and source != "name" else None

    @property
    def has_umis(self) -> bool:
        """Whether the library has UMIs."""
        return self.pattern is not None or self.library.umi_read not in (1, 2)

    @property
    def source(self) -> str:
        """Where the UMI is, in words for messages."""
        where = f"read {self.library.umi_read}" if self.pattern else "names" if not self.tag else f"tag {self.tag}"
        return f"umi_pattern {self.library.umi_pattern!r}, {where}" if self.pattern else f"umi_read: {where}"

    def extract(self, batch: FragmentBatch) -> tuple[FragmentBatch, Bool]:
        """Extract the UMIs of a batch and cut them, and what the pattern discards, off the reads.

        Returns:
            The batch with UMIs; and whether each fragment has one, shape (n,). Fragments without a UMI stay whole.

        Raises:
            ConfigError: these reads have no such mate or tag, or UMIs of several lengths.
        """
        reads, mates = batch.reads, batch.mates
        if self.pattern is None:
            umis, found = self._from_text(batch)
        elif self.library.umi_read == 1:
            reads, umis, found = _from_bases(reads, self.pattern)
        elif mates is not None:
            mates, umis, found = _from_bases(mates, self.pattern)
        else:
            raise ConfigError("umi_read is 2, and these reads have no mates: give both files, or correct umi_read")
        return FragmentBatch(reads, mates, umis, self.length), found

    def _from_text(self, batch: FragmentBatch) -> tuple[U64, Bool]:
        if self.tag is None:
            umis, lengths = umis_from_text(batch.reads.name_bytes, batch.reads.name_offsets, True)
        elif batch.tag_bytes is not None and batch.tag_offsets is not None:
            umis, lengths = umis_from_text(batch.tag_bytes, batch.tag_offsets, False)
        else:
            raise ConfigError(
                f"umi_read is {self.tag}, a tag of BAM and CRAM, and these reads are FASTQ or FASTA: correct umi_read"
            )
        found = lengths > 0
        if not self.length and found.any():
            self.length = int(lengths[found.argmax()])
        different = np.flatnonzero(found & (lengths != self.length))
        if different.size:
            index = int(different[0])
            raise ConfigError(
                f"read {batch.reads.name(index)!r} has a UMI of {lengths[index]} nt, and those before it have "
                f"{self.length} nt ({self.source}): all UMIs of a library must have one length"
            )
        return umis, found


def _from_bases(batch: ReadBatch, pattern: UmiPattern) -> tuple[ReadBatch, U64, Bool]:
    """Return the reads without UMI and discarded bases, the UMIs, and which reads match the pattern."""
    umis, matches = umis_from_bases(
        batch.sequences.codes,
        batch.sequences.offsets,
        np.array(pattern.masks, dtype=np.uint8),
        np.array(pattern.umi, dtype=np.bool_),
        np.array(pattern.groups, dtype=np.int64),
        np.array(pattern.limits, dtype=np.int64),
    )
    return batch.trim(np.where(matches, pattern.cut, 0), batch.lengths), umis, matches
