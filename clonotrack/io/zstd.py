"""Bytes of a zstd file."""

from __future__ import annotations

import io
from typing import Any

import zstandard

from clonotrack.errors import InputError

MAGIC = b"\x28\xb5\x2f\xfd"
_PACKED_BYTES = 1 << 17


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
            packed = self._packed or self._raw.read1(_PACKED_BYTES)
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
