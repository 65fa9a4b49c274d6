"""UMIs of fragments, from where the library has them, taken off the read."""

from __future__ import annotations

import numpy as np

from clonotrack.config import Library
from clonotrack.io.reads import ReadChunk
from clonotrack.kernels.tagging import read_umis
from clonotrack.patterns import UmiPattern, umi_pattern
from clonotrack.sequence import U64, Bool


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


def pattern_of(library: Library) -> UmiPattern | None:
    """The pattern by which UMIs stand in the reads of a library, where they do."""
    return umi_pattern(library.umi_pattern) if library.umi_pattern else None
