"""Name the files of reads of a tube, open standard input, and recognise BAM and CRAM."""

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
    """Files of reads of a tube: one file, or two files of mates.

    Attributes:
        reads_1: the file of reads, or of the first mates; ``-`` is standard input.
        reads_2: the file of the second mates; None if there is none.
    """

    reads_1: Path
    reads_2: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The one or two files."""
        return [self.reads_1] if self.reads_2 is None else [self.reads_1, self.reads_2]


def label(path: Path) -> str:
    """Return the name of a file in messages."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def is_alignment(path: Path) -> bool:
    """Report whether a file, or standard input, begins like BAM or CRAM; false if it cannot be read."""
    start = _first_bytes(path)
    if start[:2] == b"\x1f\x8b":
        with suppress(zlib.error):
            start = zlib.decompressobj(31).decompress(start, 4)
    return start[:4] in (b"BAM\x01", b"CRAM")


def _first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file without taking them from standard input."""
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
