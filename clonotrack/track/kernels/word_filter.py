"""Reject targets by the bases beside a seed, before the slower comparison of read and target.

Let a read contain a whole target with at most e edits, and a stretch around the seed without edits. Then all edits lie
outside this stretch. The bases of the target outside the stretch are cut into short pieces of equal length, called
words. An edit changes at most one word. A word without an edit occurs in the read, shifted by at most e positions. So
if more than e words do not occur near their position, the read certainly has more than e edits.

`match_words` tests four targets at once, by the flank of the seed: the 27 nt before or after it. `may_match` tests a
single target, before gaps are considered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from clonotrack.kernels.jit import inlined, numba
from clonotrack.kernels.swar import load_u64
from clonotrack.sequences import I64, U8, U64

TARGETS_PER_ROW = 4  # targets that are tested at once
WORD = 3  # length of a word of a flank [nt]
WORDS = 9  # words of a flank: 27 nt are read by one load of eight bytes from any base on
FLANK = WORD * WORDS  # length of a flank [nt]
MAX_EDITS = 3  # most edits of a target whose flanks are tested; also the largest shift of a word [nt]

_WORD_BITS = 2 * WORD
_SHIFTS_PER_LOAD = 32 - 3 - FLANK + 1  # shifts of a flank that one load of 32 bases serves; up to 3 precede the flank
_HIGH_BITS = sum(1 << _WORD_BITS * word + _WORD_BITS - 1 for word in range(WORDS))
_LOW_BITS = (1 << _WORD_BITS * WORDS) - 1 - _HIGH_BITS
_ALL_BITS = (1 << 64) - 1
_COUNT_BITS = _ALL_BITS - (1 << _WORD_BITS * WORDS) + 1  # the bits above all words


def word_masks(words: U64, edits: I64) -> U64:
    """Compute the mask of each target: which words of its flank are tested, and how many of them may differ.

    A flank has two bits a base, so a word has six bits. In the mask, the highest bit of each tested word is set. Above
    the words, ``WORDS - edits`` bits are set. A read is rejected if more than `WORDS` bits remain after the bits of
    equal words are cleared, which means that more than `edits` words differ.

    Args:
        words: integers in which the highest bit of each tested word is set, shape (n,).
        edits: allowed edits of each target, shape (n,); at most `MAX_EDITS` for a target with a tested word.

    Returns:
        Masks, shape (n,). The mask of a target without a tested word is 0, which rejects no read.
    """
    above = (np.uint64(1) << (WORDS - np.minimum(edits, MAX_EDITS)).astype(np.uint64)) - np.uint64(1)
    return np.where(words > 0, words | above << np.uint64(_WORD_BITS * WORDS), np.uint64(0))


EMPTY_MASK = np.uint64(_COUNT_BITS)
"""Mask of a position of a row without a target. It has more than `WORDS` bits and so rejects every read."""


def _shift_bit(shift: int) -> int:
    """Return the number of the mask bit that is set if the target allows fewer than `shift` edits."""
    return _WORD_BITS * WORDS + WORDS - shift


def _interpreted(rows: U64, row: int, packed: U8, start: int) -> int:
    """Test the flanks of four targets in plain Python; see `match_words`."""
    matching = 0
    for k in range(TARGETS_PER_ROW):
        unlike, mask = _ALL_BITS, int(rows[row, TARGETS_PER_ROW + k])
        for shift in range(-MAX_EDITS, MAX_EDITS + 1):
            if not shift or not mask >> _shift_bit(abs(shift)) & 1:
                base = int(start) + shift
                differs = int(load_u64(packed, base >> 2)) >> 2 * (base & 3) ^ int(rows[row, k])
                unlike &= (differs & _LOW_BITS) + _LOW_BITS | differs
        matching |= (((unlike | _COUNT_BITS) & mask).bit_count() <= WORDS) << k
    return matching


def _compiled() -> Callable[[U64, int, U8, int], int]:
    """Make `match_words` of vector instructions, because the compiler does not vectorize so short a loop."""
    integer, vector = ir.IntType(64), ir.VectorType(ir.IntType(64), TARGETS_PER_ROW)
    first_element = ir.Constant(ir.VectorType(ir.IntType(32), TARGETS_PER_ROW), [0] * TARGETS_PER_ROW)

    def each(value: int) -> ir.Constant:
        return ir.Constant(vector, [value] * TARGETS_PER_ROW)

    def number(value: int) -> ir.Constant:
        return ir.Constant(integer, value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, text = (context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (0, 2))

        def load(array: Any, index: Any, kind: Any) -> Any:
            value = builder.load(builder.bitcast(builder.gep(array, [index]), kind.as_pointer()))
            value.align = 1
            return value

        first = builder.mul(arguments[1], number(2 * TARGETS_PER_ROW))
        bases = load(table, first, vector)
        masks = load(table, builder.add(first, number(TARGETS_PER_ROW)), vector)
        unlike = each(_ALL_BITS)
        for shift in range(-MAX_EDITS, MAX_EDITS + 1):
            moved = (shift + MAX_EDITS) % _SHIFTS_PER_LOAD
            if not moved:
                base = builder.add(arguments[3], number(shift))
                eight = load(text, builder.ashr(base, number(2)), integer)
                flank = builder.lshr(eight, builder.shl(builder.and_(base, number(3)), number(1)))
            here = builder.lshr(flank, number(2 * moved))
            single = builder.insert_element(ir.Constant(vector, ir.Undefined), here, ir.Constant(ir.IntType(32), 0))
            differs = builder.xor(builder.shuffle_vector(single, single, first_element), bases)
            carried = builder.add(builder.and_(differs, each(_LOW_BITS)), each(_LOW_BITS))
            # all bits are set for a target that allows fewer edits than this shift
            too_far = (
                builder.ashr(builder.shl(masks, each(63 - _shift_bit(abs(shift)))), each(63)) if shift else each(0)
            )
            unlike = builder.and_(unlike, builder.or_(builder.or_(carried, differs), too_far))
        counted = builder.and_(builder.or_(unlike, each(_COUNT_BITS)), masks)
        count = numba.core.cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector]), f"llvm.ctpop.v{TARGETS_PER_ROW}i64"
        )
        few = builder.icmp_unsigned("<=", builder.call(count, [counted]), each(WORDS))
        return builder.zext(builder.bitcast(few, ir.IntType(TARGETS_PER_ROW)), integer)

    def match_words(_context: Any, rows: Any, _row: Any, packed: Any, _start: Any) -> Any:
        whole = numba.types.int64
        return whole(rows, whole, packed, whole), generate

    intrinsic: Callable[[U64, int, U8, int], int] = numba.extending.intrinsic(match_words)
    return intrinsic


match_words: Callable[[U64, int, U8, int], int]
"""Test the flanks of four targets against a read.

Args:
    rows: flanks and masks of targets, see `SeedIndex.flanks` in `clonotrack.track.kernels.seed_filter`.
    row: number of the row with the four targets.
    packed: the read, four bases in a byte.
    start: position in `packed`, counted in bases, at which the flank begins if there are no gaps.

Returns:
    Bit k is set if the read may match target k of the row.
"""
match_words = _interpreted if numba.config.DISABLE_JIT else _compiled()

LONG_WORD = 8  # length of a word of `may_match` [nt]: one load reads eight codes


@inlined
def may_match(
    read: U8,
    length: int,
    start: int,
    codes: U8,
    origin: int,
    size: int,
    exact_start: int,
    exact_end: int,
    max_edits: int,
) -> bool:
    """Test whether a read may match a target with at most `max_edits` edits outside an exact stretch.

    Of ``max_edits + 1`` words outside the stretch that do not overlap, at least one has no edit. Inserted or missing
    bases shift this word by at most `max_edits` positions. If none of the words occurs in the read near its position,
    the read has more edits.

    Args:
        read: codes.
        length: length of the read [nt].
        start: position in the read of the target's first base if there are no gaps.
        codes: array that contains the codes of the target.
        origin: index in `codes` of the target's first base.
        size: length of the target [nt].
        exact_start: 0-based position in the target of the first base of the exact stretch.
        exact_end: position in the target after the exact stretch.
        max_edits: most edits outside the exact stretch.

    Returns:
        False if the read certainly has more edits. True otherwise, and also if the read may end inside the target or
        the target has too few words.
    """
    if (
        start < max_edits
        or start + size + max_edits > length
        or exact_start // LONG_WORD + (size - exact_end) // LONG_WORD <= max_edits
    ):
        return True
    left = exact_start // LONG_WORD
    for word in range(max_edits + 1):
        position = exact_start - LONG_WORD * (word + 1) if word < left else exact_end + LONG_WORD * (word - left)
        expected = load_u64(codes, origin + position)
        for shift in range(-max_edits, max_edits + 1):
            if load_u64(read, start + position + shift) == expected:
                return True
    return False
