"""BGZF, what ``bgzip`` writes: gzip in members that tell their size, so that each can be unpacked by itself.

Bytes of a zstd file.

Bytes of a file of reads, decompressed ahead in threads of their own, faults as sentences.

Files of reads that are begun before they are asked for, and how much of them was read.
"""

from __future__ import annotations

import gzip
import io
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple, cast

import numpy as np
import zstandard
from isal import isal_zlib

from clonotrack.errors import InputError
from clonotrack.io.read_files import STANDARD_INPUT, label
from clonotrack.sequences import U8

HEADER_BYTES = 18
_MAGIC = b"\x1f\x8b\x08\x04"
_FIELD = struct.pack("<HccH", 6, b"B", b"C", 2)  # one extra field of two bytes, which the size follows
MOST_OF_A_MEMBER = 1 << 16  # bytes
_BGZF_READ_BYTES = 1 << 20


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
        more = raw.read(_BGZF_READ_BYTES) if end else b""
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


MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_READ_BYTES = 1 << 17


class ZstdReader:
    """Decompresses a stream of one or several zstd frames."""

    def __init__(self, raw: io.BufferedReader[Any], name: str) -> None:
        self._raw, self._name = raw, name
        self._frame: Any = None
        self._packed = b""
        self._ready = memoryview(b"")

    def readinto(self, view: memoryview) -> int:
        """Fill the front of `view`; give back how much of it, 0 at the end.

        Raises:
            InputError: the data are damaged, or stop inside a frame.
        """
        while not self._ready:
            packed = self._packed or self._raw.read1(_ZSTD_READ_BYTES)
            if not packed and self._frame is None:
                return 0
            self._ready = memoryview(self._decompressed(packed))
        count = min(len(view), len(self._ready))
        view[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _decompressed(self, packed: bytes) -> bytes:
        if not packed:
            message = "the zstd data stop in the middle, so the file was cut short: copy or make it again"
            raise InputError(self._name, message)
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            data: bytes = self._frame.decompress(packed)
        except zstandard.ZstdError:
            message = "the zstd data are damaged: compare the file's checksum with its source and copy it again"
            raise InputError(self._name, message) from None
        self._packed = self._frame.unused_data
        if self._frame.eof:
            self._frame = None
        return data


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


_ALIGNMENTS = (".bam", ".cram")
_FILES = 2  # begun before they are asked for
_SHORT_INTERVAL = 0.0005  # s after which a thread lets others have the interpreter: ten times sooner than usual

_waiting: list[Path] = []
_begun: list[Blocks] = []
_taken: list[Blocks] = []
_done: list[int] = []


@contextmanager
def reading_ahead(paths: Sequence[Path]) -> Iterator[None]:
    """Begin to read the first of some files, and each next one before it is opened with `open_blocks`.

    What a command needs else, its imports and tables, is got ready meanwhile. Left to whoever opens them: standard
    input, BAM and CRAM, and files that are not there.
    """
    _waiting[:] = [path for path in paths if path.is_file() and path.suffix.lower() not in _ALIGNMENTS]
    _done.clear()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SHORT_INTERVAL)
    try:
        _begin(AHEAD_BYTES // max(1, len(_waiting)))
        yield
    finally:
        sys.setswitchinterval(interval)
        _waiting.clear()
        while _begun:
            _begun.pop().close()


@contextmanager
def open_blocks(path: Path, size: int = BLOCK_BYTES, ahead: int = AHEAD_BYTES) -> Iterator[Blocks]:
    """The blocks of a file, which is closed behind them; see `clonotrack.raw_reads.decompress.Blocks`."""
    blocks = next((blocks for blocks in _begun if (blocks.path, blocks.size) == (path, size)), None)
    if blocks:
        _begun.remove(blocks)
        _begin(AHEAD_BYTES // _FILES)
    else:
        blocks = Blocks(path, size, ahead)
    _taken.append(blocks)
    try:
        yield blocks
    finally:
        _taken.remove(blocks)
        _done.append(blocks.position)
        blocks.close()


def bytes_read() -> int:
    """Bytes read of the files that were opened since `reading_ahead`, as they are stored."""
    return sum(_done) + sum(blocks.position for blocks in _taken)


def _begin(ahead: int) -> None:
    while _waiting and len(_begun) < _FILES:
        _begun.append(Blocks(_waiting.pop(0), ahead=ahead))
