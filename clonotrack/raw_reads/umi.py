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
        library: settings of the library, which state where the UMI is.
        pattern: pattern of the UMI in the bases; None if the UMI is in names or a tag.
        length: length of every UMI [nt]; 0 before the first UMI of names or a tag was parsed.
    """

    library: Library
    pattern: UmiPattern | None = field(init=False)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.pattern = umi_pattern(self.library.umi_pattern) if self.library.umi_pattern else None
        self.length = self.pattern.umi_length if self.pattern else 0

    @property
    def tag(self) -> str | None:
        """SAM tag that contains the UMI; None if the UMI is in the bases or the names."""
        source = self.library.umi_read
        return source if isinstance(source, str) and source != "name" else None

    @property
    def has_umis(self) -> bool:
        """Whether the library has UMIs."""
        return self.pattern is not None or self.library.umi_read not in (1, 2)

    @property
    def source(self) -> str:
        """Setting that states where the UMI is, in words for messages."""
        where = f"read {self.library.umi_read}" if self.pattern else "names" if not self.tag else f"tag {self.tag}"
        return f"umi_pattern {self.library.umi_pattern!r}, {where}" if self.pattern else f"umi_read: {where}"

    def extract(self, batch: FragmentBatch) -> tuple[FragmentBatch, Bool]:
        """Extract the UMIs of a batch; cut UMI bases and bases that the pattern discards off the reads.

        Returns:
            The batch with UMIs; and whether each fragment has a UMI, shape (n,). Fragments without a UMI are not cut.

        Raises:
            ConfigError: the reads lack the mate or the tag that should contain the UMI, or UMIs differ in length.
        """
        reads, mates = batch.reads, batch.mates
        if self.pattern is None:
            umis, found = self._from_text(batch)
        elif self.library.umi_read == 1:
            reads, umis, found = _from_bases(reads, self.pattern)
        elif mates is not None:
            mates, umis, found = _from_bases(mates, self.pattern)
        else:
            raise ConfigError(
                "umi_read is 2, and these reads have no mates: give the file of the second mates too, or set umi_read "
                "to 1 if read 1 contains the UMI"
            )
        return FragmentBatch(reads, mates, umis, self.length), found

    def _from_text(self, batch: FragmentBatch) -> tuple[U64, Bool]:
        if self.tag is None:
            umis, lengths = umis_from_text(batch.reads.name_bytes, batch.reads.name_offsets, True)
        elif batch.tag_bytes is not None and batch.tag_offsets is not None:
            umis, lengths = umis_from_text(batch.tag_bytes, batch.tag_offsets, False)
        else:
            raise ConfigError(
                f"umi_read is {self.tag}, a tag of BAM and CRAM, and these reads are FASTQ or FASTA: give BAM or CRAM, "
                "or set umi_read to 1, 2 or name"
            )
        found = lengths > 0
        if not self.length and found.any():
            self.length = int(lengths[found.argmax()])
        different = np.flatnonzero(found & (lengths != self.length))
        if different.size:
            index = int(different[0])
            raise ConfigError(
                f"read {batch.reads.name(index)!r} has a UMI of {lengths[index]} nt, and the UMIs before it have "
                f"{self.length} nt ({self.source}): give reads of one library, whose UMIs have one length"
            )
        return umis, found


def _from_bases(batch: ReadBatch, pattern: UmiPattern) -> tuple[ReadBatch, U64, Bool]:
    """Match a UMI pattern to the 5' end of each read.

    Returns:
        The reads without UMI and discarded bases; the packed UMIs, shape (n,); whether each read matches, shape (n,).
    """
    umis, matches = umis_from_bases(
        batch.sequences.codes,
        batch.sequences.offsets,
        np.array(pattern.masks, dtype=np.uint8),
        np.array(pattern.umi, dtype=np.bool_),
        np.array(pattern.groups, dtype=np.int64),
        np.array(pattern.limits, dtype=np.int64),
    )
    return batch.trim(np.where(matches, pattern.cut, 0), batch.lengths), umis, matches
