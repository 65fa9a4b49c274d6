"""Several letters of a text as one number, from any place: what lets a loop look at eight letters at once.

The first letter is in the lowest bits. Compiled, a load is one instruction; ``text[i : i + 8].view("<u8")``, the way
that numba has for it, costs twenty times as much.

Lines of text, looked at eight letters at once: where they end, and whether they hold what they should.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from clonotrack.kernels.jit import leaf, njit, numba
from clonotrack.sequences import ENCODE, I64, U8, N


def _interpreted(dtype: type[Any]) -> Callable[[U8, int], Any]:
    size = np.dtype(dtype).itemsize
    return lambda text, start: dtype(text[start : start + size].view(np.dtype(dtype).newbyteorder("<"))[0])


def _compiled(kind: Any) -> Callable[[U8, int], Any]:
    """One load that promises nothing of the address."""

    def load(_context: Any, text: Any, start: Any) -> Any:  # noqa: ARG001  (numba looks at the names)
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            place = builder.gep(array.data, [arguments[1]])
            value = builder.load(builder.bitcast(place, ir.IntType(kind.bitwidth).as_pointer()))
            value.align = 1
            return value

        return kind(text, numba.types.int64), generate

    made: Callable[[U8, int], Any] = numba.extending.intrinsic(load)
    return made


load_u32: Callable[[U8, int], np.uint32]
load_u64: Callable[[U8, int], np.uint64]
if numba.config.DISABLE_JIT:
    load_u32, load_u64 = _interpreted(np.uint32), _interpreted(np.uint64)
else:
    load_u32, load_u64 = _compiled(numba.types.uint32), _compiled(numba.types.uint64)


LINE_FEED, RETURN, SPACE, TAB = 10, 13, 32, 9
NO_BASE = 255

BASE_CODES: U8 = np.full(256, NO_BASE, dtype=np.uint8)
"""Code of every letter that IUPAC has for a base, ambiguity codes as N; `NO_BASE` for all other bytes."""
for _letter in b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv":
    BASE_CODES[_letter] = ENCODE[_letter]

_EACH = 0x0101010101010101  # times a byte: that byte in each of the eight places
_ONE, _FOUR = np.uint64(1), np.uint64(4)
_ONES = np.uint64(_EACH)
_LOW = np.uint64(0x7F * _EACH)
_HIGH = np.uint64(0x80 * _EACH)
_FEEDS = np.uint64(LINE_FEED * _EACH)
_KEPT = np.uint64(0xD9 * _EACH)
_ADENINE = np.uint64(ord("A") * _EACH)
_NONE = np.uint64(0)


@njit
def line_end(text: U8, start: int, size: int) -> int:
    """Position of the first line feed from `start` on; `size` where there is none."""
    position = start
    while position + 8 <= size:
        other = load_u64(text, position) ^ _FEEDS
        if ((other & _LOW) + _LOW | other) & _HIGH != _HIGH:
            break
        position += 8
    while position < size and text[position] != LINE_FEED:
        position += 1
    return position


@njit
def is_ascii(text: U8, start: int, end: int) -> bool:
    """Whether no byte is above 127."""
    high = _NONE
    position = start
    while position + 8 <= end:
        high |= load_u64(text, position)
        position += 8
    rest = 0
    while position < end:
        rest |= int(text[position])
        position += 1
    return bool(high & _HIGH == _NONE) and rest < 128


@njit
def is_blank(text: U8, start: int, size: int) -> bool:
    """Whether nothing but line ends, spaces and tabs is left."""
    for position in range(start, size):
        byte = text[position]
        if byte not in (LINE_FEED, RETURN, SPACE, TAB):
            return False
    return True


@njit
def is_sequence(text: U8, start: int, end: int) -> bool:
    """Whether every letter is an IUPAC base, of either case.

    First by arithmetic, whether all are A, C, G, T or U: bits 1 and 2 of a letter tell its base, the other bits of A, C
    and G are those of A; T and U differ from it in bit 4, and from each other in bit 0.
    """
    count = (end - start) >> 3
    if count:
        wrong = _odd(load_u64(text, end - 8))
        for i in range(count):
            wrong |= _odd(load_u64(text, start + 8 * i))
        if wrong == _NONE:
            return True
    for i in range(start, end):
        if BASE_CODES[text[i]] == NO_BASE:
            return False
    return True


@njit
def _odd(letters: np.uint64) -> np.uint64:
    """What eight letters have that A, C, G, T and U have not."""
    shifted = letters >> _ONE
    thymine = (shifted >> _ONE) & ~shifted & _ONES
    return (((letters & _KEPT) ^ _ADENINE) ^ (thymine << _FOUR)) & ~thymine


@njit
def word_ends(text: U8, starts: I64) -> I64:
    """Where the words that begin at `starts` end: before the first control character or space, which has to come."""
    ends = np.empty_like(starts)
    for i in range(len(starts)):
        position = starts[i]
        while text[position] > SPACE:
            position += 1
        ends[i] = position
    return ends


@njit
def encode_rows(text: U8, starts: I64, offsets: I64) -> U8:
    """Codes of bases: row i begins at ``text[starts[i]]``, and at ``offsets[i]`` of what is given back."""
    codes = np.empty(offsets[-1], dtype=np.uint8)
    for i in range(len(starts)):
        target = codes[offsets[i] : offsets[i + 1]]
        encode_letters(text[starts[i] : starts[i] + len(target)], target)
    return codes


@leaf
def encode_letters(letters: U8, codes: U8) -> None:
    """Write the code of each letter: as in `_odd`, on bytes, of which the compiler makes vector instructions."""
    byte = np.uint8
    for j in range(len(letters)):
        letter = letters[j]
        base = byte(byte(letter >> byte(1)) & byte(3))
        thymine = byte(byte(base >> byte(1)) & byte(base ^ byte(1)))
        rest = byte(byte(letter & byte(0xD9)) ^ byte(65))
        odd = byte(byte(rest ^ byte(thymine << byte(4))) & byte(thymine ^ byte(255)))
        codes[j] = byte(N) if odd else byte(base ^ byte(base >> byte(1)))


@njit
def copy_rows(text: U8, starts: I64, offsets: I64, less: int) -> U8:
    """Bytes of rows, each less a number: row i begins at ``text[starts[i]]``, and at ``offsets[i]`` of the result."""
    copied = np.empty(offsets[-1], dtype=np.uint8)
    for i in range(len(starts)):
        source, target = starts[i], copied[offsets[i] : offsets[i + 1]]
        for j in range(len(target)):
            target[j] = np.uint8(int(text[source + j]) - less)
    return copied
