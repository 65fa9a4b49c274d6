"""UMIs of fragments, from where the library has them, taken off the read."""

from __future__ import annotations

import numpy as np

from clonotrack.config import Library
from clonotrack.io.reads import ReadChunk
from clonotrack.kernels.tagging import cut, read_umis
from clonotrack.patterns import UmiPattern, umi_pattern
from clonotrack.sequence import I64, U64, Bool, Ragged


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
    return trimmed(chunk, np.where(fits, pattern.cut, 0), chunk.sequences.lengths), umis, fits


def trimmed(chunk: ReadChunk, starts: I64, ends: I64) -> ReadChunk:
    """The bases from `starts` to `ends` of each read, with their qualities."""
    if not starts.any() and (ends == chunk.sequences.lengths).all():
        return chunk
    codes, offsets = cut(chunk.sequences.codes, chunk.sequences.offsets, starts, ends)
    scores = None if chunk.qualities is None else cut(chunk.qualities, chunk.sequences.offsets, starts, ends)[0]
    return ReadChunk(Ragged(codes, offsets), scores, chunk.name_bytes, chunk.name_offsets, chunk.first_record)


def pattern_of(library: Library) -> UmiPattern | None:
    """The pattern by which UMIs stand in the reads of a library, where they do."""
    return umi_pattern(library.umi_pattern) if library.umi_pattern else None
