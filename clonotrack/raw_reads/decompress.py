"""Decompress files of reads in a background thread, ahead of the parser.

Gzip (also bgzip and files of several members) and zstd are recognised by their first bytes, whatever the file's name.
Faults of a file, such as truncated or damaged data, become an `InputError`.

METHOD: we run our own thread instead of ``isal.igzip_threaded``. The thread of isal decompresses at most 3 MB ahead and
copies each byte once more, so 552 MB take 0.35 s of processor time instead of 0.33 s. The thread here decompresses up
to `AHEAD_BYTES` while a command still imports its modules and compiles its kernels.
"""

from __future__ import annotations

import gzip
import io
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple, cast

import numpy as np
import zstandard
from isal import igzip, isal_zlib

from clonotrack.errors import InputError
from clonotrack.io.read_files import STANDARD_INPUT, label
from clonotrack.parallel import map_in_order
from clonotrack.sequences import U8

HEADROOM = 1 << 16
"""Free bytes in front of the data of a block, for the start of a record that began in the block before."""
BLOCK_BYTES = 4 << 20
"""Decompressed bytes in a block."""
AHEAD_BYTES = 192 << 20
"""Most decompressed bytes that wait to be parsed, of all files together."""
_PACKED_BYTES = 1 << 17  # compressed bytes that are decompressed at once
_BUFFER_BYTES = 1 << 20  # bytes of the read buffer of an open file
_BGZF_HEADER = 18  # length of the header of a BGZF member [bytes]
_BGZF_THREADS = 2
_FILES_AHEAD = 2  # files that are decompressed before `open_blocks` asks for them
_SWITCH_INTERVAL = 0.0005  # s between switches of Python threads; the usual 5 ms would delay the background thread


class _Compression(NamedTuple):
    """A compression format.

    Attributes:
        name: name of the format in messages.
        magic: first bytes of a file in this format.
        padding: byte that may follow a member and is skipped; empty if there is none.
        decompressor: makes a decompressor of one member (gzip) or frame (zstd).
    """

    name: str
    magic: bytes
    padding: bytes
    decompressor: Callable[[], Any]


_GZIP = _Compression("gzip", b"\x1f", b"\0", partial(isal_zlib.decompressobj, wbits=31))
_ZSTD = _Compression("zstd", b"\x28\xb5\x2f\xfd", b"", lambda: zstandard.ZstdDecompressor().decompressobj())
_DAMAGED = cast(tuple[type[Exception], ...], (isal_zlib.error, gzip.BadGzipFile, zstandard.ZstdError))


class BlockReader:
    """Reads and decompresses a file in a background thread and yields its bytes in blocks.

    A block is a writable array of bytes. ``block[HEADROOM:-1]`` holds successive decompressed bytes of the file. The
    first `HEADROOM` bytes and the last byte of the array are free, for the parser to write to. Where one block ends and
    the next begins does not depend on the timing of the threads.
    """

    def __init__(self, path: Path, size: int = BLOCK_BYTES, ahead: int = AHEAD_BYTES) -> None:
        """Open a file and start to decompress it in a background thread.

        Args:
            path: the input file; ``-`` is standard input.
            size: decompressed bytes in a block. A block of BGZF holds whole members and has up to 64 kB more than
                `size`. The last block of a file can be shorter.
            ahead: most decompressed bytes that wait to be parsed; at least two blocks.

        Raises:
            InputError: the file does not exist or cannot be read.
        """
        self.path, self.size = path, size
        self._raw = _open(path)
        self._compression: _Compression | None = None
        self._after_bgzf = b""
        self._stopped = self._ended = False
        self._queue: Queue[U8 | BaseException | None] = Queue(max(2, ahead // size))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[U8]:
        """Yield the blocks of the file, in order.

        Raises:
            InputError: the file cannot be read, is truncated or is damaged.
        """
        while not self._ended:
            block = self._queue.get()
            self._ended = block is None or isinstance(block, BaseException)
            if isinstance(block, BaseException):
                with self._faults():
                    raise block
            if block is not None:
                yield block

    @property
    def position(self) -> int:
        """Number of compressed bytes read so far; 0 for standard input."""
        return self._raw.tell() if self.path.is_file() else 0

    def close(self) -> None:
        """Stop the thread and close the file."""
        self._stopped = True
        while self._thread.is_alive():
            while not self._queue.empty():
                self._queue.get()
            self._thread.join(0.001)
        if self.path == STANDARD_INPUT:
            self._raw.detach()
        else:
            self._raw.close()

    def _run(self) -> None:
        """Put all blocks into the queue, then None. If an error is raised, put the error into the queue instead."""
        try:
            with closing(self._blocks()) as blocks:
                for block in blocks:
                    self._queue.put(block)
                    if self._stopped:
                        return
            self._queue.put(None)
        except BaseException as error:  # raised again by the thread that takes the blocks
            self._queue.put(error)

    def _blocks(self) -> Generator[U8, None, None]:
        start = self._raw.peek(_BGZF_HEADER)[:_BGZF_HEADER]
        self._compression = next((kind for kind in (_GZIP, _ZSTD) if start.startswith(kind.magic)), None)
        if _bgzf_member_bytes(start):
            yield from map_in_order(lambda piece: _block(igzip.decompress(piece)), self._bgzf_pieces(), _BGZF_THREADS)
            if not self._after_bgzf:
                return
        if self._compression is None:
            yield from self._filled(iter(partial(self._raw.read1, _PACKED_BYTES), b""))
        else:
            yield from self._filled(self._decompressed(self._compression, self._after_bgzf))

    def _bgzf_pieces(self) -> Iterator[bytes]:
        """Yield pieces of whole BGZF members, each of which decompresses to `size` bytes or up to 64 kB more."""
        members, unpacked = [], 0
        while not self._stopped:
            header = self._raw.read(_BGZF_HEADER)
            length = _bgzf_member_bytes(header)
            member = header + self._raw.read(max(0, length - _BGZF_HEADER))
            if not length or len(member) < length:
                self._after_bgzf = member
                break
            members.append(member)
            unpacked += int.from_bytes(member[-4:], "little")
            if unpacked >= self.size:
                yield b"".join(members)
                members, unpacked = [], 0
        if members:
            yield b"".join(members)

    def _decompressed(self, kind: _Compression, packed: bytes) -> Iterator[bytes]:
        """Yield the decompressed bytes of successive members.

        Args:
            kind: compression format.
            packed: compressed bytes that were already read; the first member begins with them.

        Raises:
            EOFError: the file ends inside a member.
        """
        packed = packed or self._raw.read1(_PACKED_BYTES)
        while packed:
            member = kind.decompressor()
            while not member.eof:
                if not packed:
                    raise EOFError
                yield member.decompress(packed)
                packed = member.unused_data or self._raw.read1(_PACKED_BYTES)
            while packed and not (packed := packed.lstrip(kind.padding)):
                packed = self._raw.read1(_PACKED_BYTES)

    def _filled(self, chunks: Iterable[bytes]) -> Iterator[U8]:
        """Yield the bytes of all chunks in blocks of `size` bytes; the last block may be shorter."""
        block, end, full = _empty_block(self.size), HEADROOM, HEADROOM + self.size
        for chunk in chunks:
            if self._stopped:
                return
            data = np.frombuffer(chunk, dtype=np.uint8)
            while len(data):
                count = min(len(data), full - end)
                block[end : end + count] = data[:count]
                data, end = data[count:], end + count
                if end == full:
                    yield block
                    block, end = _empty_block(self.size), HEADROOM
        if end > HEADROOM:
            yield block[: end + 1]

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn errors of the operating system and of the decompressors into `InputError`."""
        name = self._compression.name if self._compression else ""
        with os_faults(self.path):
            try:
                yield
            except EOFError:
                message = (
                    f"the {name} data stop in the middle, so the file was cut short: copy it again from its source"
                )
                raise InputError(label(self.path), message) from None
            except _DAMAGED:
                message = f"the {name} data are damaged: compare the file's checksum with its source and copy it again"
                raise InputError(label(self.path), message) from None


def _empty_block(size: int) -> U8:
    return np.empty(HEADROOM + size + 1, dtype=np.uint8)


def _block(data: bytes) -> U8:
    """Copy decompressed bytes into a new block (see `BlockReader`) that is just long enough for them.

    Returns:
        Array of uint8, shape (HEADROOM + len(data) + 1,): free bytes, `data`, one free byte.
    """
    block = _empty_block(len(data))
    block[HEADROOM:-1] = np.frombuffer(data, dtype=np.uint8)
    return block


def _bgzf_member_bytes(header: bytes) -> int:
    """Read the length of a BGZF member from its header (SAM specification, 4.1).

    Returns:
        Length of the whole member [bytes]; 0 if `header` is no header of BGZF.
    """
    if len(header) < _BGZF_HEADER or header[:4] != b"\x1f\x8b\x08\x04" or header[10:16] != b"\x06\0BC\x02\0":
        return 0
    return int.from_bytes(header[16:18], "little") + 1


@contextmanager
def os_faults(path: Path) -> Iterator[None]:
    """Turn errors that the operating system raises for the file `path` into `InputError`."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(label(path), f"cannot be read ({reason}): check the path and its permissions") from None


def _open(path: Path) -> io.BufferedReader[Any]:
    """Open a file, or standard input, as bytes."""
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError(label(path), "is closed: pipe the reads into the command, or name a file")
        return io.BufferedReader(cast(io.RawIOBase, sys.stdin.buffer), _BUFFER_BYTES)
    if path.is_dir():
        raise InputError(path, "is a folder, not a file of reads: name the files in it")
    with os_faults(path):
        return io.BufferedReader(path.open("rb", buffering=0), _BUFFER_BYTES)


_ALIGNMENTS = (".bam", ".cram")
_waiting: list[Path] = []  # files of `reading_ahead` whose decompression has not started
_started: list[BlockReader] = []  # readers that decompress ahead and that `open_blocks` has not opened
_opened: list[BlockReader] = []  # readers that `open_blocks` has opened and not closed
_closed_bytes: list[int] = []  # compressed bytes read of each closed file


@contextmanager
def reading_ahead(paths: Sequence[Path]) -> Iterator[None]:
    """Start to decompress the first two files now, and each later file before `open_blocks` asks for it.

    Decompression then runs while the command imports its modules and reads its tables. Standard input, BAM, CRAM and
    missing files are not decompressed ahead.

    Args:
        paths: input files in the order in which they will be opened.
    """
    _waiting[:] = [path for path in paths if path.is_file() and path.suffix.lower() not in _ALIGNMENTS]
    _closed_bytes.clear()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        _start(AHEAD_BYTES // max(1, len(_waiting)))
        yield
    finally:
        sys.setswitchinterval(interval)
        _waiting.clear()
        while _started:
            _started.pop().close()


@contextmanager
def open_blocks(path: Path, size: int = BLOCK_BYTES, ahead: int = AHEAD_BYTES) -> Iterator[BlockReader]:
    """Open a file as a `BlockReader`, and close it at the end.

    Args:
        path: the input file; ``-`` is standard input.
        size: decompressed bytes in a block.
        ahead: most decompressed bytes that wait to be parsed.

    Raises:
        InputError: the file does not exist or cannot be read.
    """
    reader = next((reader for reader in _started if (reader.path, reader.size) == (path, size)), None)
    if reader:
        _started.remove(reader)
        _start(AHEAD_BYTES // _FILES_AHEAD)
    else:
        reader = BlockReader(path, size, ahead)
    _opened.append(reader)
    try:
        yield reader
    finally:
        _opened.remove(reader)
        _closed_bytes.append(reader.position)
        reader.close()


def bytes_read() -> int:
    """Return the number of compressed bytes read of all files that were opened since `reading_ahead`."""
    return sum(_closed_bytes) + sum(reader.position for reader in _opened)


def _start(ahead: int) -> None:
    while _waiting and len(_started) < _FILES_AHEAD:
        _started.append(BlockReader(_waiting.pop(0), ahead=ahead))
