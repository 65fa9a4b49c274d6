"""How the memory that a command frees is treated."""

from __future__ import annotations

import ctypes
import gc
import os

# Of glibc's malloc.h: blocks from this size on are given back when they are freed; so is free memory at the top of the
# heap from that size on.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_BLOCK = 1 << 26
_LARGEST_TOP = 1 << 30
# Of jemalloc, which polars allocates with: how long freed memory waits for its next use. Polars itself says 0.5 s.
# Behind what a process that has polars handed down: the last one counts.
_POLARS, _DECAY = "_RJEM_MALLOC_CONF", "dirty_decay_ms:30000"
# Objects of Python's, more of them than freed, after which garbage is looked for.
_OBJECTS = 200_000


def let_memory_wait() -> None:
    """Let freed memory wait for the next batch, in place of giving it back to the system, and seldom look for garbage.

    Batches are alike, and memory that is new to the process has to be cleared page by page: a tenth of the time of
    `annotate`. Of what Python collects in cycles there is hardly any, but looking for it takes 4 % of the time.
    To be called before polars is imported; without effect where the allocators are others.
    """
    gc.set_threshold(_OBJECTS)
    os.environ[_POLARS] = ",".join(filter(None, (os.environ.get(_POLARS), _DECAY)))
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
        mallopt(_TRIM_THRESHOLD, _LARGEST_TOP)
