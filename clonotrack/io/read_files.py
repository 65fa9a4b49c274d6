"""Files of reads: the lanes of a tube, standard input, and whether a file is BAM or CRAM."""

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
    """Where the reads of a tube, or a part of them, stand.

    Attributes:
        reads_1: the file of reads, of the first mates where there are two files; ``-`` is standard input.
        reads_2: the file of the second mates.
    """

    reads_1: Path
    reads_2: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The one or two files."""
        return [self.reads_1] if self.reads_2 is None else [self.reads_1, self.reads_2]


def label(path: Path) -> str:
    """What an error calls the file."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def is_alignment(path: Path) -> bool:
    """Whether a file, or standard input, begins as BAM or CRAM does; a file that cannot be read does not."""
    start = _first_bytes(path)
    if start[:2] == b"\x1f\x8b":
        with suppress(zlib.error):
            start = zlib.decompressobj(31).decompress(start, 4)
    return start[:4] in (b"BAM\x01", b"CRAM")


def _first_bytes(path: Path) -> bytes:
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
    """Standard input as bytes; None if there is none."""
    return getattr(sys.stdin, "buffer", None)
