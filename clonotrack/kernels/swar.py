"""Read text eight bytes at a time (SWAR: SIMD within a register): find line ends, check and encode bases.

`load_u32` and `load_u64` read four or eight bytes from any position of a text as one number, with the first byte in the
lowest bits. Compiled, each of them is one processor instruction. The expression ``text[i : i + 8].view("<u8")``, as
numba compiles it, takes twenty times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from clonotrack.kernels.jit import inlined, leaf, numba
from clonotrack.sequences import ENCODE, I64, U8, N


def _interpreted(dtype: type[Any]) -> Callable[[U8, int], Any]:
    """Make a load in plain Python, for runs without compilation."""
    size = np.dtype(dtype).itemsize
    return lambda text, start: dtype(text[start : start + size].view(np.dtype(dtype).newbyteorder("<"))[0])


def _compiled(kind: Any) -> Callable[[U8, int], Any]:
    """Make a load of one processor instruction that works at any address, whether or not the address is aligned.

    Args:
        kind: numba type of the number that the load returns.
    """

    def load(_context: Any, text: Any, start: Any) -> Any:  # noqa: ARG001  (numba needs these names)
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            address = builder.gep(array.data, [arguments[1]])
            value = builder.load(builder.bitcast(address, ir.IntType(kind.bitwidth).as_pointer()))
            value.align = 1
            return value

        return kind(text, numba.types.int64), generate

    intrinsic: Callable[[U8, int], Any] = numba.extending.intrinsic(load)
    return intrinsic


load_u32: Callable[[U8, int], np.uint32]
load_u64: Callable[[U8, int], np.uint64]
if numba.config.DISABLE_JIT:
    load_u32, load_u64 = _interpreted(np.uint32), _interpreted(np.uint64)
else:
    load_u32, load_u64 = _compiled(numba.types.uint32), _compiled(numba.types.uint64)


LINE_FEED, RETURN, SPACE, TAB = 10, 13, 32, 9
NO_BASE = 255

BASE_CODES: U8 = np.full(256, NO_BASE, dtype=np.uint8)
"""Code of each IUPAC base by its ASCII value, ambiguity codes as N; `NO_BASE` for all other bytes."""
for _letter in b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv":
    BASE_CODES[_letter] = ENCODE[_letter]

_EACH = 0x0101010101010101  # times a byte: a number with this byte at all eight positions
_ONE, _FOUR = np.uint64(1), np.uint64(4)
# Each of these numbers repeats one byte eight times.
_ONES = np.uint64(_EACH)
_LOW = np.uint64(0x7F * _EACH)
_HIGH = np.uint64(0x80 * _EACH)
_FEEDS = np.uint64(LINE_FEED * _EACH)
_KEPT = np.uint64(0xD9 * _EACH)  # all bits except 1, 2 (they encode the base) and 5 (upper or lower case)
_ADENINE = np.uint64(ord("A") * _EACH)
_ZERO = np.uint64(0)


@leaf
def line_end(text: U8, start: int, size: int) -> int:
    """Find the first line feed in ``text[start:size]``.

    Returns:
        Position of the line feed in `text`; `size` if there is no line feed.
    """
    position = start
    while position + 8 <= size:
        other = load_u64(text, position) ^ _FEEDS
        if ((other & _LOW) + _LOW | other) & _HIGH != _HIGH:
            break
        position += 8
    while position < size and text[position] != LINE_FEED:
        position += 1
    return position


@inlined
def is_ascii(text: U8, start: int, end: int) -> bool:
    """Report whether all bytes of ``text[start:end]`` are below 128."""
    high = _ZERO
    position = start
    while position + 8 <= end:
        high |= load_u64(text, position)
        position += 8
    rest = 0
    while position < end:
        rest |= int(text[position])
        position += 1
    return bool(high & _HIGH == _ZERO) and rest < 128


@inlined
def is_blank(text: U8, start: int, size: int) -> bool:
    """Report whether ``text[start:size]`` contains only line ends, spaces and tabs."""
    for position in range(start, size):
        byte = text[position]
        if byte not in (LINE_FEED, RETURN, SPACE, TAB):
            return False
    return True


@leaf
def is_sequence(text: U8, start: int, end: int) -> bool:
    """Report whether every byte of ``text[start:end]`` is an IUPAC base, upper or lower case.

    First, arithmetic on eight bytes tests whether all bytes are A, C, G, T or U (`_not_acgtu`). If another byte occurs,
    or if there are fewer than eight bytes, the table `BASE_CODES` decides.
    """
    count = (end - start) >> 3
    if count:
        other = _not_acgtu(load_u64(text, end - 8))
        for i in range(count):
            other |= _not_acgtu(load_u64(text, start + 8 * i))
        if other == _ZERO:
            return True
    for i in range(start, end):
        if BASE_CODES[text[i]] == NO_BASE:
            return False
    return True


@inlined
def _not_acgtu(eight: np.uint64) -> np.uint64:
    """Compute a number that is 0 only if all of eight bytes are A, C, G, T or U, upper or lower case.

    Bits 1 and 2 of the ASCII value give the base, and bit 5 the case. The other bits of C and G equal those of A. The
    other bits of T and U differ from those of A in bit 4, and T differs from U in bit 0.
    """
    shifted = eight >> _ONE
    thymine = (shifted >> _ONE) & ~shifted & _ONES
    return (((eight & _KEPT) ^ _ADENINE) ^ (thymine << _FOUR)) & ~thymine


def word_ends(text: U8, starts: I64) -> I64:
    """Find the end of each word in a text: the first control character or space after its start.

    Args:
        text: ASCII; every word is followed by a control character or a space.
        starts: index in `text` of the first byte of each word, shape (n,).

    Returns:
        Index in `text` of the byte after each word, shape (n,).
    """
    ends = np.empty_like(starts)
    _word_ends(text, starts, ends)
    return ends


@leaf
def _word_ends(text: U8, starts: I64, ends: I64) -> None:
    """Write the ends of words; see `word_ends`."""
    for i in range(len(starts)):
        position = starts[i]
        while text[position] > SPACE:
            position += 1
        ends[i] = position


def encode_rows(text: U8, starts: I64, offsets: I64) -> U8:
    """Encode stretches of a text as the rows of a ragged array of bases.

    Args:
        text: ASCII bases and other characters.
        starts: index in `text` of the first base of each row, shape (n,).
        offsets: row i of the result is ``codes[offsets[i]:offsets[i + 1]]``, shape (n + 1,).

    Returns:
        Codes of the bases, shape (offsets[n],).
    """
    codes = np.empty(offsets[-1], dtype=np.uint8)
    _encode_rows(text, starts, offsets, codes)
    return codes


@leaf
def _encode_rows(text: U8, starts: I64, offsets: I64, codes: U8) -> None:
    """Write the codes; see `encode_rows`."""
    for i in range(len(starts)):
        target = codes[offsets[i] : offsets[i + 1]]
        encode_ascii(text[starts[i] : starts[i] + len(target)], target)


@leaf
def encode_ascii(ascii_bases: U8, codes: U8) -> None:
    """Write the code of each ASCII base to `codes`, which has at least the length of `ascii_bases`.

    The arithmetic of `_not_acgtu` is done here on single bytes. The compiler turns the loop into vector instructions.
    """
    byte = np.uint8
    for j in range(len(ascii_bases)):
        base_byte = ascii_bases[j]
        base = byte(byte(base_byte >> byte(1)) & byte(3))
        thymine = byte(byte(base >> byte(1)) & byte(base ^ byte(1)))
        rest = byte(byte(base_byte & byte(0xD9)) ^ byte(65))
        other = byte(byte(rest ^ byte(thymine << byte(4))) & byte(thymine ^ byte(255)))
        codes[j] = byte(N) if other else byte(base ^ byte(base >> byte(1)))


def copy_rows(text: U8, starts: I64, offsets: I64, subtract: int) -> U8:
    """Copy stretches of a text as the rows of a ragged array, and subtract a number from each byte.

    Args:
        text: bytes.
        starts: index in `text` of the first byte of each row, shape (n,).
        offsets: row i of the result is ``copied[offsets[i]:offsets[i + 1]]``, shape (n + 1,).
        subtract: number to subtract. 33 converts FASTQ qualities to Phred scores; 0 only copies.

    Returns:
        Values of all rows, shape (offsets[n],).
    """
    copied = np.empty(offsets[-1], dtype=np.uint8)
    _copy_rows(text, starts, offsets, subtract, copied)
    return copied


@leaf
def _copy_rows(text: U8, starts: I64, offsets: I64, subtract: int, copied: U8) -> None:
    """Write the bytes; see `copy_rows`."""
    for i in range(len(starts)):
        source, target = starts[i], copied[offsets[i] : offsets[i + 1]]
        for j in range(len(target)):
            target[j] = np.uint8(int(text[source + j]) - subtract)
