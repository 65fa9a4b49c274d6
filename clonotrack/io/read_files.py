"""Files of reads: the lanes of a tube, standard input, and recognition of BAM and CRAM."""

from __future__ import annotations

import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class Lane:
    """Hold the files of one lane of a tube: one file of reads, or two files of mates.

    Attributes:
        reads_1: the file of reads, or of the first mates; ``-`` is standard input.
        reads_2: the file of the second mates; None for single reads, and for BAM and CRAM.
    """

    reads_1: Path
    reads_2: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The files of the lane: one, or two for mates."""
        return [self.reads_1] if self.reads_2 is None else [self.reads_1, self.reads_2]


def label(path: Path) -> str:
    """Return the text that names a file in messages: its path, or "standard input" for ``-``."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def is_alignment(path: Path) -> bool:
    """Return True if a file, or standard input, begins as BAM or CRAM does; False if it cannot be read."""
    start = _first_bytes(path)
    if start[:2] == b"\x1f\x8b":
        with suppress(zlib.error):
            start = zlib.decompressobj(31).decompress(start, 4)
    return start[:4] in (b"BAM\x01", b"CRAM")


def _first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file; standard input still yields them to a later reader."""
    with suppress(OSError):
        if path != STANDARD_INPUT:
            with path.open("rb") as file:
                return file.read(1 << 16)
        stream = standard_input()
        if hasattr(stream, "peek"):
            return cast(bytes, stream.peek(1 << 12))
        if stream is not None:
            start = cast(bytes, stream.read(1 << 16))
            stream.seek(0)
            return start
    return b""


def standard_input() -> Any:
    """Return standard input as a binary stream; None if it is closed."""
    return getattr(sys.stdin, "buffer", None)
