"""Several letters of a text as one number, from any place: what lets a loop look at eight letters at once.

The first letter is in the lowest bits. Compiled, a load is one instruction; ``text[i : i + 8].view("<u8")``, the way
that numba has for it, costs twenty times as much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from clonotrack.kernels.jit import numba
from clonotrack.sequence import U8


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
