"""Bytes of a file of reads, decompressed on the way, faults as sentences."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from isal import igzip_threaded, isal_zlib

from clonotrack.errors import InputError
from clonotrack.sequence import U8

STANDARD_INPUT = Path("-")
GZIP = b"\x1f"
DAMAGED = cast(type[Exception], isal_zlib.error)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file, or standard input where `path` is ``-``, decompressing gzip in a thread of its own.

    Gzip shows itself by the first byte, whatever the name; bgzip and files of several gzip members are gzip.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    with _opened(path) as raw, faults(path):
        if raw.peek(1)[:1] != GZIP:
            yield cast(BinaryIO, raw)
            return
        with igzip_threaded.open(raw) as stream:
            yield stream


def fill(stream: BinaryIO, buffer: U8, start: int) -> int:
    """Read into ``buffer[start:]`` until it is full or the stream ends; give back where the bytes end."""
    view = buffer.data
    while start < len(buffer):
        count = cast(io.BufferedIOBase, stream).readinto(view[start:])
        if not count:
            break
        start += count
    return start


def label(path: Path) -> str:
    """What an error calls the file."""
    return "standard input" if path == STANDARD_INPUT else str(path)


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn what the operating system and the decompressor say into sentences.

    Raises:
        InputError: the file cannot be read, stops early or is damaged.
    """
    try:
        yield
    except EOFError:
        message = "the gzip data stop in the middle, so the file was cut short: copy or make it again"
        raise InputError(label(path), message) from None
    except (gzip.BadGzipFile, DAMAGED):
        message = "the gzip data are damaged: compare the file's checksum with its source and copy it again"
        raise InputError(label(path), message) from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(label(path), f"cannot be read ({reason}): check the path and its permissions") from None


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader[Any]]:
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError(label(path), "is closed: pipe the reads into the command, or name a file")
        stream = io.BufferedReader(cast(io.RawIOBase, sys.stdin.buffer))
        try:
            yield stream
        finally:
            stream.detach()
        return
    if path.is_dir():
        raise InputError(path, "is a folder, not a file of reads: name the files in it")
    with faults(path):
        handle = path.open("rb")
    with handle:
        yield handle
