"""Parts of a lane: some fragments that were read together."""

from __future__ import annotations

from dataclasses import dataclass

from clonotrack.io.reads import ReadChunk
from clonotrack.sequence import I64, U8


@dataclass(frozen=True, slots=True)
class Part:
    """Some successive fragments of a lane.

    Attributes:
        reads: single reads, or first mates.
        mates: second mates, as read; None where there are none.
        tag_bytes: letters of the tag that was asked for; None for files that have no tags.
        tag_offsets: tag i is ``tag_bytes[tag_offsets[i]:tag_offsets[i + 1]]``.
        hard_clipped: reads of which the aligner left bases out.
    """

    reads: ReadChunk
    mates: ReadChunk | None = None
    tag_bytes: U8 | None = None
    tag_offsets: I64 | None = None
    hard_clipped: int = 0
