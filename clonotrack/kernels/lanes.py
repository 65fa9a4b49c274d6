"""Four targets at once beside a piece of a read: which of them it may hold.

The compiler does not make vector instructions of so short a loop, so they are spelled out, for whatever processor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from clonotrack.kernels.jit import numba
from clonotrack.kernels.loads import load_u64
from clonotrack.sequence import I64, U8, U64

LANES = 4
WORD = 3  # bases
WORDS = 9  # beside a piece: what eight bytes hold from each base on
WINDOW = WORD * WORDS
MOST_EDITS = 3  # of a target that is judged, and places that a word may be moved by

_BITS = 2 * WORD
_HIGHEST = sum(1 << _BITS * word + _BITS - 1 for word in range(WORDS))
_OTHERS = (1 << _BITS * WORDS) - 1 - _HIGHEST
_SPARE = (1 << 64) - (1 << _BITS * WORDS)


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


def _interpreted(rows: U64, row: int, packed: U8, begin: int) -> int:
    found = 0
    for lane in range(LANES):
        unlike = (1 << 64) - 1
        for at in range(begin - MOST_EDITS, begin + MOST_EDITS + 1):
            differs = int(load_u64(packed, at >> 2)) >> 2 * (at & 3) ^ int(rows[row, lane])
            unlike &= (differs & _OTHERS) + _OTHERS | differs
        found |= (((unlike | _SPARE) & int(rows[row, LANES + lane])).bit_count() <= WORDS) << lane
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
        unlike = all_of(_SPARE | (1 << _BITS * WORDS) - 1)
        for shift in range(-MOST_EDITS, MOST_EDITS + 1):
            at = builder.add(arguments[3], number(shift))
            eight = load(text, builder.ashr(at, number(2)), integer)
            window = builder.lshr(eight, builder.shl(builder.and_(at, number(3)), number(1)))
            one = builder.insert_element(ir.Constant(lanes, ir.Undefined), window, ir.Constant(ir.IntType(32), 0))
            differs = builder.xor(builder.shuffle_vector(one, one, first_lane), bases)
            carried = builder.add(builder.and_(differs, all_of(_OTHERS)), all_of(_OTHERS))
            unlike = builder.and_(unlike, builder.or_(carried, differs))
        counted = builder.and_(builder.or_(unlike, all_of(_SPARE)), words)
        count = numba.core.cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(lanes, [lanes]), f"llvm.ctpop.v{LANES}i64"
        )
        few = builder.icmp_unsigned("<=", builder.call(count, [counted]), all_of(WORDS))
        return builder.zext(builder.bitcast(few, ir.IntType(LANES)), integer)

    def alike(_context: Any, rows: Any, row: Any, packed: Any, begin: Any) -> Any:  # noqa: ARG001
        whole = numba.types.int64
        return whole(rows, whole, packed, whole), generate

    made: Callable[[U64, int, U8, int], int] = numba.extending.intrinsic(alike)
    return made


alike: Callable[[U64, int, U8, int], int]
alike = _interpreted if numba.config.DISABLE_JIT else _compiled()
