"""UMIs of fragments, from where the library has them; those in the bases are taken off the read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clonotrack.config import Library
from clonotrack.config.umi_pattern import UmiPattern, umi_pattern
from clonotrack.errors import ConfigError
from clonotrack.raw_reads.chunk import Part, ReadChunk
from clonotrack.raw_reads.kernels.umi import read_umis, spelled_umis
from clonotrack.sequences import U64, Bool


@dataclass(slots=True)
class UmiReader:
    """Reads the UMIs of a tube.

    Attributes:
        library: where they stand.
        length: bases of every UMI; 0 until the first one was seen.
    """

    library: Library
    pattern: UmiPattern | None = field(init=False)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.pattern = umi_pattern(self.library.umi_pattern) if self.library.umi_pattern else None
        self.length = self.pattern.umi_length if self.pattern else 0

    @property
    def tag(self) -> str | None:
        """The tag of BAM and CRAM that holds them."""
        source = self.library.umi_read
        return source if isinstance(source, str) and source != "name" else None

    @property
    def needed(self) -> bool:
        """Whether the library has UMIs."""
        return self.pattern is not None or self.library.umi_read not in (1, 2)

    @property
    def source(self) -> str:
        """Where UMIs are looked for, for a person."""
        where = f"read {self.library.umi_read}" if self.pattern else "names" if not self.tag else f"tag {self.tag}"
        return f"umi_pattern {self.library.umi_pattern!r}, {where}" if self.pattern else f"umi_read: {where}"

    def read(self, part: Part) -> tuple[ReadChunk, ReadChunk | None, U64, Bool]:
        """Reads and mates without their UMI, the UMIs, and which fragments have one; the others stay whole.

        Raises:
            ConfigError: the library says they stand where these reads have nothing, or they differ in length.
        """
        reads, mates = part.reads, part.mates
        if self.pattern is None:
            return reads, mates, *self._spelled(part)
        if self.library.umi_read == 1:
            reads, umis, found = from_bases(reads, self.pattern)
        elif mates is not None:
            mates, umis, found = from_bases(mates, self.pattern)
        else:
            raise ConfigError("umi_read is 2, and these reads have no mates: give both files, or correct umi_read")
        return reads, mates, umis, found

    def _spelled(self, part: Part) -> tuple[U64, Bool]:
        if self.tag is None:
            umis, lengths = spelled_umis(part.reads.name_bytes, part.reads.name_offsets, True)
        elif part.tag_bytes is not None and part.tag_offsets is not None:
            umis, lengths = spelled_umis(part.tag_bytes, part.tag_offsets, False)
        else:
            raise ConfigError(f"umi_read is {self.tag}, a tag of BAM and CRAM, and these reads are not: correct it")
        found = lengths > 0
        if not self.length and found.any():
            self.length = int(lengths[found.argmax()])
        odd = np.flatnonzero(found & (lengths != self.length))
        if odd.size:
            raise ConfigError(
                f"read {part.reads.name(int(odd[0]))!r} has a UMI of {lengths[odd[0]]} bases and others before it of "
                f"{self.length} ({self.source}): UMIs of a library have one length"
            )
        return umis, found


def from_bases(chunk: ReadChunk, pattern: UmiPattern) -> tuple[ReadChunk, U64, Bool]:
    """The reads without what the pattern takes off, their UMIs, and which of them fit; the others stay whole."""
    umis, fits = read_umis(
        chunk.sequences.codes,
        chunk.sequences.offsets,
        np.array(pattern.masks, dtype=np.uint8),
        np.array(pattern.umi, dtype=np.bool_),
        np.array(pattern.groups, dtype=np.int64),
        np.array(pattern.limits, dtype=np.int64),
    )
    return chunk.trimmed(np.where(fits, pattern.cut, 0), chunk.lengths), umis, fits
