"""Files of reads that are begun before they are asked for, and how much of them was read."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from clonotrack.io.streams import AHEAD_BYTES, BLOCK_BYTES, Blocks

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
    """The blocks of a file, which is closed behind them; see `clonotrack.io.streams.Blocks`."""
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
