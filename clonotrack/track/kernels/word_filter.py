"""Four targets at once beside a piece of a read: which of them it may hold.

The compiler does not make vector instructions of so short a loop, so they are spelled out, for whatever processor.

Whether a read can hold a target with few edits, gaps among them: a test that costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from clonotrack.kernels.jit import njit, numba
from clonotrack.kernels.swar import load_u64
from clonotrack.sequences import I64, U8, U64

LANES = 4
WORD = 3  # bases
WORDS = 9  # beside a piece: what eight bytes hold from each base on
WINDOW = WORD * WORDS
MOST_EDITS = 3  # of a target that is judged, and places that a word may be moved by

_BITS = 2 * WORD
_OF_ONE_LOAD = 32 - 3 - WINDOW + 1  # windows, of eight bytes of which up to three bases lie before the first
_HIGHEST = sum(1 << _BITS * word + _BITS - 1 for word in range(WORDS))
_OTHERS = (1 << _BITS * WORDS) - 1 - _HIGHEST
_EVERY = (1 << 64) - 1
_SPARE = _EVERY - (1 << _BITS * WORDS) + 1


def judged(words: U64, edits: I64) -> U64:
    """What targets are judged by; 0, which refuses none, where there is no word.

    As many bits are set above the words as more than `WORDS` are counted where more than `edits` words are unlike.

    Args:
        words: the highest bit of each word of a target.
        edits: that its read may have, at most `MOST_EDITS` where there is a word.
    """
    asked = (np.uint64(1) << (WORDS - np.minimum(edits, MOST_EDITS)).astype(np.uint64)) - np.uint64(1)
    return np.where(words > 0, words | asked << np.uint64(_BITS * WORDS), np.uint64(0))


NOBODY = np.uint64(_SPARE)
"""What a lane without a target is judged by: there are more such bits than `WORDS`."""


def _asked(shift: int) -> int:
    """The bit that is set, of what a target is judged by, where it may have fewer than `shift` edits."""
    return _BITS * WORDS + WORDS - shift


def _interpreted(rows: U64, row: int, packed: U8, begin: int) -> int:
    found = 0
    for lane in range(LANES):
        unlike, words = _EVERY, int(rows[row, LANES + lane])
        for shift in range(-MOST_EDITS, MOST_EDITS + 1):
            if not shift or not words >> _asked(abs(shift)) & 1:
                at = int(begin) + shift
                differs = int(load_u64(packed, at >> 2)) >> 2 * (at & 3) ^ int(rows[row, lane])
                unlike &= (differs & _OTHERS) + _OTHERS | differs
        found |= (((unlike | _SPARE) & words).bit_count() <= WORDS) << lane
    return found


def _compiled() -> Callable[[U64, int, U8, int], int]:
    integer, lanes = ir.IntType(64), ir.VectorType(ir.IntType(64), LANES)
    first_lane = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)

    def all_of(value: int) -> ir.Constant:
        return ir.Constant(lanes, [value] * LANES)

    def number(value: int) -> ir.Constant:
        return ir.Constant(integer, value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, text = (context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (0, 2))

        def load(start: Any, place: Any, kind: Any) -> Any:
            value = builder.load(builder.bitcast(builder.gep(start, [place]), kind.as_pointer()))
            value.align = 1
            return value

        first = builder.mul(arguments[1], number(2 * LANES))
        bases, words = load(table, first, lanes), load(table, builder.add(first, number(LANES)), lanes)
        unlike = all_of(_EVERY)
        for shift in range(-MOST_EDITS, MOST_EDITS + 1):
            moved = (shift + MOST_EDITS) % _OF_ONE_LOAD
            if not moved:
                at = builder.add(arguments[3], number(shift))
                eight = load(text, builder.ashr(at, number(2)), integer)
                window = builder.lshr(eight, builder.shl(builder.and_(at, number(3)), number(1)))
            here = builder.lshr(window, number(2 * moved))
            one = builder.insert_element(ir.Constant(lanes, ir.Undefined), here, ir.Constant(ir.IntType(32), 0))
            differs = builder.xor(builder.shuffle_vector(one, one, first_lane), bases)
            carried = builder.add(builder.and_(differs, all_of(_OTHERS)), all_of(_OTHERS))
            # where a target has fewer edits than this shift, the bit that says so becomes all bits
            too_far = (
                builder.ashr(builder.shl(words, all_of(63 - _asked(abs(shift)))), all_of(63)) if shift else all_of(0)
            )
            unlike = builder.and_(unlike, builder.or_(builder.or_(carried, differs), too_far))
        counted = builder.and_(builder.or_(unlike, all_of(_SPARE)), words)
        count = numba.core.cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(lanes, [lanes]), f"llvm.ctpop.v{LANES}i64"
        )
        few = builder.icmp_unsigned("<=", builder.call(count, [counted]), all_of(WORDS))
        return builder.zext(builder.bitcast(few, ir.IntType(LANES)), integer)

    def alike(_context: Any, rows: Any, _row: Any, packed: Any, _begin: Any) -> Any:
        whole = numba.types.int64
        return whole(rows, whole, packed, whole), generate

    made: Callable[[U64, int, U8, int], int] = numba.extending.intrinsic(alike)
    return made


alike: Callable[[U64, int, U8, int], int]
alike = _interpreted if numba.config.DISABLE_JIT else _compiled()


COMPARED = 8  # nt, compared at once


@njit
def plausible(
    read: U8, length: int, begin: int, probe: U8, origin: int, size: int, low: int, high: int, most: int
) -> bool:
    """Whether the rest of a target may stand in the read with at most so many edits, beside a stretch that does.

    Of ``most + 1`` words of the rest that do not overlap, one has no edit, and with at most so many inserted or
    deleted bases between it and the stretch it is moved by no more. So where none of them stands in the read within
    `most` places of where it would without gaps, there are more edits; nothing that holds the target is refused.

    Args:
        read: codes.
        length: of the read.
        begin: base of the read at which the target begins, were there no gaps.
        probe: codes that hold the target from `origin` on.
        origin: see `probe`.
        size: bases of the target.
        low: first base of the stretch that stands in the read unchanged, in the target.
        high: the base after it.
        most: edits of the rest.

    Returns:
        False only where there are more edits; True where the read may end in the rest, or it has too few words.
    """
    if begin < most or begin + size + most > length or low // COMPARED + (size - high) // COMPARED <= most:
        return True
    left = low // COMPARED
    for word in range(most + 1):
        place = low - COMPARED * (word + 1) if word < left else high + COMPARED * (word - left)
        wanted = load_u64(probe, origin + place)
        for shift in range(-most, most + 1):
            if load_u64(read, begin + place + shift) == wanted:
                return True
    return False
