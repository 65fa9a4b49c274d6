"""Bytes of a file of reads, decompressed ahead in threads of their own, faults as sentences."""

from __future__ import annotations

import gzip
import io
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple, cast

import numpy as np
from isal import isal_zlib

from clonotrack.errors import InputError
from clonotrack.io.bgzf import HEADER_BYTES, MOST_OF_A_MEMBER, Piece, is_bgzf, pieces
from clonotrack.io.zstd import MAGIC, ZstdReader
from clonotrack.sequence import U8

STANDARD_INPUT = Path("-")
GZIP = b"\x1f"
DAMAGED = cast(type[Exception], isal_zlib.error)
HEADROOM = 1 << 16
BLOCK_BYTES = 4 << 20
AHEAD_BYTES = 192 << 20
_PACKED_BYTES = 1 << 20
_THREADS = 2  # that decompress one BGZF file


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

    A block is memory of its own: it may be kept while others are taken. Memory that nobody keeps is used again, since
    the system fills with zeros what it hands out. Of BGZF, whose pieces are independent, two threads decompress. What
    is read never depends on how far the threads are.
    """

    def __init__(self, path: Path, size: int = BLOCK_BYTES, ahead: int = AHEAD_BYTES) -> None:
        """Open a file, or standard input where `path` is ``-``, and begin to read.

        Args:
            path: the file. Gzip and zstd show themselves by their first bytes, whatever the name; bgzip and files
                of several gzip members are gzip.
            size: bytes of a block.
            ahead: bytes that may wait to be taken.

        Raises:
            InputError: there is no such file, or it cannot be read.
        """
        self.path, self.size = path, size
        self._raw = _opened(path)
        self._spare: deque[U8] = deque()
        self._running, self._over = True, False
        self._ready: Queue[Block | Future[Block] | BaseException] = Queue(max(2, ahead // size))
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    def __iter__(self) -> Iterator[Block]:
        while not self._over:
            with faults(self.path):
                block = self._ready.get()
                if isinstance(block, Future):
                    block = block.result()
                self._over = isinstance(block, BaseException) or block.final
                if isinstance(block, BaseException):
                    raise block
            yield block

    @property
    def position(self) -> int:
        """Bytes that were read of the file as it is stored."""
        return self._raw.tell() if self.path.is_file() else 0

    def close(self) -> None:
        """Stop the threads and close the file."""
        self._running = False
        while self._worker.is_alive():
            while not self._ready.empty():
                self._ready.get()
            self._worker.join(0.001)
        if self.path == STANDARD_INPUT:
            self._raw.detach()
        else:
            self._raw.close()

    def _work(self) -> None:
        try:
            start = self._raw.peek(HEADER_BYTES)
            rest = self._unpack_pieces() if is_bgzf(start) else b""
            source: Any = _Rest(rest, self._raw) if rest else self._raw
            # The reader of isal.igzip itself: IGzipFile would copy every byte once more.
            readinto: Callable[[memoryview], int] = self._raw.readinto
            if start[:1] == GZIP:
                readinto = isal_zlib._GzipReader(source, _PACKED_BYTES).readinto
            elif start[: len(MAGIC)] == MAGIC:
                readinto = ZstdReader(self._raw, label(self.path)).readinto
            block = self._next(readinto)
            while self._running and not block.final:
                self._ready.put(block)
                block = self._next(readinto)
            self._ready.put(block)
        except BaseException as error:  # whoever takes the blocks raises it
            self._ready.put(error)

    def _unpack_pieces(self) -> bytes:
        """Blocks of the whole members of a BGZF file; what follows them is given back."""
        with ThreadPoolExecutor(_THREADS) as pool:
            found = pieces(self._raw, self.size)
            while self._running:
                try:
                    self._ready.put(pool.submit(self._unpacked, next(found)))
                except StopIteration as end:
                    return cast(bytes, end.value)
            return b""

    def _next(self, readinto: Callable[[memoryview], int]) -> Block:
        buffer = self._room(self.size)
        end, full = HEADROOM, HEADROOM + self.size
        while end < full and self._running:
            count = readinto(buffer.data[end:full])
            if not count:
                return Block(buffer, end, final=True)
            end += count
        return Block(buffer, end, final=False)

    def _unpacked(self, piece: Piece) -> Block:
        buffer, end = self._room(piece.size), HEADROOM
        reader = isal_zlib._GzipReader(cast(Any, piece.packed), len(piece.packed))
        while count := reader.readinto(buffer.data[end : HEADROOM + piece.size]):
            end += count
        if end != HEADROOM + piece.size or reader.read(1):
            raise gzip.BadGzipFile
        return Block(buffer, end, final=False)

    def _room(self, size: int) -> U8:
        """Memory for so many bytes."""
        try:
            memory = self._spare.pop()
        except IndexError:
            memory = np.empty(0, dtype=np.uint8)
        if len(memory) <= HEADROOM + size:
            memory = np.empty(HEADROOM + size + MOST_OF_A_MEMBER, dtype=np.uint8)
        return np.asarray(_Lease(memory, self._spare))


class _Lease:
    """Memory that is spare again when no array uses it any more."""

    def __init__(self, memory: U8, spare: deque[U8]) -> None:
        self.__array_interface__ = memory.__array_interface__
        self._memory, self._spare = memory, spare

    def __del__(self) -> None:
        self._spare.append(self._memory)


class _Rest(io.RawIOBase):
    """Bytes that were read of a file, and then the file."""

    def __init__(self, rest: bytes, raw: io.BufferedReader[Any]) -> None:
        self._parts = [io.BytesIO(rest), raw]

    def readinto(self, buffer: Any) -> int:
        count = self._parts[0].readinto(buffer)
        return count or self._parts[1].readinto(buffer)


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
