"""BAM and CRAM files, and standard input that is one: recognised, opened, their faults as sentences."""

from __future__ import annotations

import os
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from clonotrack.errors import InputError
from clonotrack.io.streams import STANDARD_INPUT, label

_CRAM_END = b"\xe0EOF"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def is_alignment(path: Path) -> bool:
    """Whether a file, or standard input, begins as BAM or CRAM does; a file that cannot be read does not."""
    start = _first_bytes(path)
    if start[:2] == b"\x1f\x8b":
        with suppress(zlib.error):
            start = zlib.decompressobj(31).decompress(start, 4)
    return start[:4] in (b"BAM\x01", b"CRAM")


def lines(path: Path, file: Any) -> Iterator[Any]:
    """The lines of an open file.

    Raises:
        InputError: one of them cannot be decoded.
    """
    try:
        yield from file.fetch(until_eof=True)
    except (OSError, ValueError):
        if file.is_cram:
            message = (
                "cannot be decoded: the reference it was written with is not found (set REF_PATH, or write it with "
                "the reference embedded), or the data are damaged"
            )
        else:
            message = "the data are damaged: compare the file's checksum with its source and copy it again"
        raise InputError(label(path), message) from None


@contextmanager
def open_alignments(path: Path, pysam: Any) -> Iterator[Any]:
    """Open a file for pysam to read.

    Raises:
        InputError: it was cut short, or is damaged at its start.
    """
    with ExitStack() as stack:
        if path == STANDARD_INPUT:
            source: Any = stack.enter_context(_piped(_standard_input()))
        else:
            source = str(path)
            if _cut_short(path):
                message = "stops before its end mark, so the file was cut short: copy or make it again"
                raise InputError(label(path), message)
        try:
            file = pysam.AlignmentFile(source, "r", check_sq=False, threads=2)
        except (OSError, ValueError):
            raise InputError(label(path), "is damaged at its start: copy or make it again") from None
        try:
            yield file
        finally:
            with suppress(OSError):
                file.close()


def _cut_short(path: Path) -> bool:
    """Whether the block that ends BAM, or the container that ends CRAM, is missing."""
    with path.open("rb") as file:
        cram = file.read(4) == b"CRAM"
        file.seek(max(0, path.stat().st_size - 40))
        end = file.read()
    return _CRAM_END not in end if cram else not end.endswith(_BGZF_END)


def _first_bytes(path: Path) -> bytes:
    with suppress(OSError):
        if path != STANDARD_INPUT:
            with path.open("rb") as file:
                return file.read(1 << 16)
        stream = _standard_input()
        if hasattr(stream, "peek"):
            return cast(bytes, stream.peek(1 << 12))
        if stream is not None:
            start = cast(bytes, stream.read(1 << 16))
            stream.seek(0)
            return start
    return b""


def _standard_input() -> Any:
    return getattr(sys.stdin, "buffer", None)


def _piped(stream: BinaryIO) -> IO[bytes]:
    """The reading end of a pipe that a thread fills from `stream`, part of which Python has read ahead."""
    source, target = os.pipe()

    def pump() -> None:
        with suppress(BrokenPipeError), open(target, "wb") as pipe:  # noqa: PTH123 (a descriptor, no path)
            while block := stream.read(1 << 16):
                pipe.write(block)

    threading.Thread(target=pump, daemon=True).start()
    return open(source, "rb")  # noqa: PTH123
