"""Bytes of a file of reads, decompressed ahead in a thread of their own, faults as sentences."""

from __future__ import annotations

import gzip
import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple, cast

import numpy as np
from isal import isal_zlib

from clonotrack.errors import InputError
from clonotrack.io.zstd import MAGIC, ZstdReader
from clonotrack.sequence import U8

STANDARD_INPUT = Path("-")
GZIP = b"\x1f"
DAMAGED = cast(type[Exception], isal_zlib.error)
HEADROOM = 1 << 16
_PACKED_BYTES = 1 << 20
_FEWEST_AHEAD = 2


class Block(NamedTuple):
    """Some successive bytes of a file.

    Attributes:
        buffer: they stand from `HEADROOM` on, so that what is left of the block before fits in front of them; one byte
            behind them is free.
        end: behind the last one.
        final: no others follow.
    """

    buffer: U8
    end: int
    final: bool


class Blocks:
    """The bytes of a file in blocks, read and decompressed in a thread that runs ahead of whoever takes them.

    A block is memory of its own: it may be kept while others are taken. Results never depend on how far the thread is.
    """

    def __init__(self, path: Path, size: int, ahead: int) -> None:
        """Open a file, or standard input where `path` is ``-``, and begin to read.

        Args:
            path: the file. Gzip and zstd show themselves by their first bytes, whatever the name; bgzip and files
                of several gzip members are gzip.
            size: bytes of a block.
            ahead: bytes that may wait to be taken.

        Raises:
            InputError: there is no such file, or it cannot be read.
        """
        self.path, self._size, self._running, self._over = path, size, True, False
        self._raw = _opened(path)
        self._ready: Queue[Block | BaseException] = Queue(max(_FEWEST_AHEAD, ahead // size))
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    def __iter__(self) -> Iterator[Block]:
        while not self._over:
            block = self._ready.get()
            self._over = isinstance(block, BaseException) or block.final
            if isinstance(block, BaseException):
                with faults(self.path):
                    raise block
            yield block

    def close(self) -> None:
        """Stop the thread and close the file."""
        self._running = False
        while self._worker.is_alive():
            while not self._ready.empty():
                self._ready.get()
            self._worker.join(0.01)
        if self.path == STANDARD_INPUT:
            self._raw.detach()
        else:
            self._raw.close()

    @property
    def position(self) -> int:
        """Bytes of the file itself, as it is stored, that were read."""
        return self._raw.tell()

    def _work(self) -> None:
        try:
            start = self._raw.peek(4)
            # The reader of isal.igzip itself: IGzipFile would copy every byte once more.
            readinto: Callable[[memoryview], int] = self._raw.readinto
            if start[:1] == GZIP:
                readinto = isal_zlib._GzipReader(self._raw, _PACKED_BYTES).readinto
            elif start[:4] == MAGIC:
                readinto = ZstdReader(self._raw, label(self.path)).readinto
            block = self._next(readinto)
            while self._running and not block.final:
                self._ready.put(block)
                block = self._next(readinto)
            self._ready.put(block)
        except BaseException as error:
            self._ready.put(error)

    def _next(self, readinto: Callable[[memoryview], int]) -> Block:
        buffer: U8 = np.empty(HEADROOM + self._size + 1, dtype=np.uint8)
        end, full = HEADROOM, HEADROOM + self._size
        while end < full and self._running:
            count = readinto(buffer.data[end:full])
            if not count:
                return Block(buffer, end, final=True)
            end += count
        return Block(buffer, end, final=False)


@contextmanager
def open_blocks(path: Path, size: int, ahead: int) -> Iterator[Blocks]:
    """The blocks of a file, which is closed behind them; see `Blocks`."""
    blocks = Blocks(path, size, ahead)
    try:
        yield blocks
    finally:
        blocks.close()


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


def _opened(path: Path) -> io.BufferedReader[Any]:
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError(label(path), "is closed: pipe the reads into the command, or name a file")
        return io.BufferedReader(cast(io.RawIOBase, sys.stdin.buffer))
    if path.is_dir():
        raise InputError(path, "is a folder, not a file of reads: name the files in it")
    with faults(path):
        return path.open("rb")
