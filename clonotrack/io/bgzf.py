"""BGZF, what ``bgzip`` writes: gzip in members that tell their size, so that each can be unpacked by itself."""

from __future__ import annotations

import io
import struct
from collections.abc import Generator
from typing import Any, NamedTuple

HEADER_BYTES = 18
_MAGIC = b"\x1f\x8b\x08\x04"
_FIELD = struct.pack("<HccH", 6, b"B", b"C", 2)  # one extra field of two bytes, which the size follows
MOST_OF_A_MEMBER = 1 << 16  # bytes
_PACKED_BYTES = 1 << 20


class Piece(NamedTuple):
    """Some successive members of a file.

    Attributes:
        packed: all their bytes.
        size: bytes that are in them, as they say.
    """

    packed: memoryview
    size: int


def is_bgzf(start: bytes) -> bool:
    """Whether a member begins that tells its size, in the form that the specification of BGZF prescribes."""
    return start[:4] == _MAGIC and start[10:16] == _FIELD


def pieces(raw: io.BufferedReader[Any], size: int) -> Generator[Piece, None, bytes]:
    """Whole members of a file, put together to about so many bytes.

    Returns:
        What was read of the file behind the last whole member: nothing, or the begin of something else.
    """
    held, start, at, unpacked = b"", 0, 0, 0
    while True:
        end = _end(held, at)
        if 0 < end <= len(held):
            unpacked += int.from_bytes(held[end - 4 : end], "little")
            at = end
            if unpacked >= size:
                yield Piece(memoryview(held)[start:at], unpacked)
                start, unpacked = at, 0
            continue
        more = raw.read(_PACKED_BYTES) if end else b""
        if not more:
            if at > start:
                yield Piece(memoryview(held)[start:at], unpacked)
            return held[at:]
        held, start, at = held[start:] + more, 0, at - start


def _end(held: bytes, start: int) -> int:
    """Where the member that begins at `start` ends; beyond `held` where more is needed to tell, 0 where none begins."""
    header = held[start : start + HEADER_BYTES]
    if len(header) < HEADER_BYTES:
        return len(held) + 1
    return start + 1 + int.from_bytes(header[16:18], "little") if is_bgzf(header) else 0
